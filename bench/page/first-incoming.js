import { Uploader } from '/pkg/index.js';

const ticket = location.search.slice(1);
new Uploader(ticket, new File([new Uint8Array(65_536)], 'first.bin')).start();
