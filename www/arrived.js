import { arrivedFiles } from './backend.js';
import * as format from './format.js';

const section = document.querySelector('#arrived');
const list = document.querySelector('#arrived-rows');
const template = document.querySelector('#arrived-row');

const HASHING_DELAY_MS = 1000;
let timer = null;

/** Shows what the server has, and looks again as long as it is still computing checksums. */
export async function showArrived() {
  clearTimeout(timer);
  const files = await arrivedFiles().catch(() => null);
  if (files === null) return;
  section.hidden = files.length === 0;
  list.replaceChildren(...files.map(row));
  if (files.some((file) => file.state === 'hashing'))
    timer = setTimeout(showArrived, HASHING_DELAY_MS);
}

function row({ name, size, md5, state }) {
  const element = template.content.cloneNode(true).firstElementChild;
  element.querySelector('.arrived-name').textContent = name;
  element.querySelector('.arrived-size').textContent = format.size(size);
  element.querySelector('code').textContent = state === 'hashing' ? 'being computed' : md5;
  return element;
}
