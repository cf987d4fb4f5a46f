/** Calls `take` with every list of files that is chosen, or dropped anywhere on the page. */
export function onFiles(input, take) {
  input.addEventListener('change', () => {
    take([...input.files]);
    // Otherwise choosing the same file again would not be a change.
    input.value = '';
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
    take([...event.dataTransfer.files]);
  });
}

function carriesFiles(event) {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

function highlight(on) {
  document.body.classList.toggle('dragging', on);
}
