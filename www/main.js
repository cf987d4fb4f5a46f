import { showArrived } from './arrived.js';
import { onFiles } from './dropzone.js';
import { hidePending, showPending } from './pending.js';
import { Queue } from './queue.js';
import { Row } from './row.js';

const AT_A_TIME = 3;

const input = document.querySelector('#files');
const section = document.querySelector('#uploads');
const list = document.querySelector('#rows');
const queue = new Queue(AT_A_TIME);
const rows = new Set();

onFiles(input, add);
showArrived();
showPending(add, () => input.click());

addEventListener('beforeunload', (event) => {
  if ([...rows].some((row) => !row.upload.isOver)) event.preventDefault();
});

function add(file, handle) {
  hidePending(file);
  const row = new Row(file, handle, queue, showArrived);
  rows.add(row);
  row.element.addEventListener('removed', () => remove(row));
  list.append(row.element);
  section.hidden = false;
}

function remove(row) {
  rows.delete(row);
  section.hidden = rows.size === 0;
  input.focus();
  // What failed can still be resumed.
  showPending(add, () => input.click());
}
