import * as format from './format.js';
import { say } from './news.js';

const section = document.querySelector('#pending');
const list = document.querySelector('#pending-rows');
const template = document.querySelector('#pending-row');

/** Begins at once, but does not keep the page from taking files. */
const loading = import('/pkg/index.js');

/** Shows what earlier pages have left; `take` gets the file of what is resumed, `choose` asks for it. */
export async function showPending(take, choose) {
  const { pending } = await loading;
  const entries = await pending();
  list.replaceChildren(...entries.map((entry) => row(entry, take, choose)));
  section.hidden = entries.length === 0;
}

/** A file is on its way again. */
export function hidePending({ name, size }) {
  for (const element of list.children) {
    if (element.dataset.file === nameOf(name, size)) element.remove();
  }
  section.hidden = list.children.length === 0;
}

function row(entry, take, choose) {
  const { filename, bytes_total, frac_complete, can_open } = entry;
  const element = template.content.cloneNode(true).firstElementChild;
  const part = (selector) => element.querySelector(selector);
  element.dataset.file = nameOf(filename, bytes_total);
  part('.upload-name').textContent = filename;
  part('.upload-size').textContent = format.size(bytes_total);
  part('progress').value = frac_complete;
  part('progress').setAttribute('aria-label', `Part of ${filename} that has arrived`);
  part('.upload-percent').textContent = format.percent(frac_complete);
  part('.upload-detail').textContent = can_open ? 'Not finished' : 'Not finished: choose it again';
  const actions = {
    resume: () => (can_open ? open(entry, part('.upload-detail'), take) : choose()),
    forget: () => forget(entry, element),
  };
  for (const [name, action] of Object.entries(actions)) {
    const button = part(`[data-do="${name}"]`);
    button.addEventListener('click', action);
    button.setAttribute('aria-label', `${button.textContent} ${filename}`);
  }
  return element;
}

async function open(entry, detail, take) {
  try {
    take(await entry.open());
  } catch (error) {
    detail.textContent = error.message;
    say(`${entry.filename}: ${error.message}`);
  }
}

async function forget(entry, element) {
  const { forget } = await loading;
  await forget(entry);
  element.remove();
  section.hidden = list.children.length === 0;
  say(`${entry.filename}: Forgotten`);
}

function nameOf(name, size) {
  return `${size} ${name}`;
}
