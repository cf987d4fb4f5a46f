import { Uploader } from '/pkg/index.js';
import { file, plain, timed } from './timed.js';

window.upload = {
  plain,
  incoming: (ticket) => timed(() => new Uploader(ticket, file()).start().done),
};
