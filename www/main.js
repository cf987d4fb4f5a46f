import { showArrived } from './arrived.js';
import { onFiles } from './dropzone.js';
import { Queue } from './queue.js';
import { Row } from './row.js';

const AT_A_TIME = 3;

const section = document.querySelector('#uploads');
const list = document.querySelector('#rows');
const queue = new Queue(AT_A_TIME);
const rows = new Set();

onFiles(document.querySelector('#files'), (files) => files.forEach(add));
showArrived();

addEventListener('beforeunload', (event) => {
  if ([...rows].some((row) => !row.upload.isOver)) event.preventDefault();
});

function add(file) {
  const row = new Row(file, queue, showArrived);
  rows.add(row);
  row.element.addEventListener('removed', () => remove(row));
  list.append(row.element);
  section.hidden = false;
}

function remove(row) {
  rows.delete(row);
  section.hidden = rows.size === 0;
  document.querySelector('#files').focus();
}
