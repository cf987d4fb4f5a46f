/** Calls `take` with every file that is chosen, or dropped anywhere on the page, and its handle. */
export function onFiles(input, take) {
  input.addEventListener('change', () => {
    for (const file of input.files) take(file);
    // Otherwise choosing the same file again would not be a change.
    input.value = '';
  });
  input.addEventListener('click', (event) => {
    // Its files have handles, with which they can be opened again on another day.
    if (!('showOpenFilePicker' in window)) return;
    event.preventDefault();
    pick(take);
  });
  addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    highlight(true);
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) highlight(false);
  });
  addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    highlight(false);
    for (const [file, handle] of dropped(event.dataTransfer)) {
      handle.then((handle) => take(file, handle));
    }
  });
}

async function pick(take) {
  try {
    for (const handle of await showOpenFilePicker({ multiple: true })) {
      take(await handle.getFile(), handle);
    }
  } catch (error) {
    // A person who changes their mind.
    if (error.name !== 'AbortError') throw error;
  }
}

/** Files with promises of their handles, which can only be asked for during the event. */
function dropped({ items }) {
  const files = [...items].filter(({ kind }) => kind === 'file');
  return files.map((item) => [item.getAsFile(), handleOf(item)]);
}

async function handleOf(item) {
  try {
    const handle = await item.getAsFileSystemHandle();
    return handle?.kind === 'file' ? handle : undefined;
  } catch {
    return undefined;
  }
}

function carriesFiles(event) {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

function highlight(on) {
  document.body.classList.toggle('dragging', on);
}
