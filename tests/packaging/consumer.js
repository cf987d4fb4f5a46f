// What the page of every consumer project does with the package, however it got it.

export function consume(incoming) {
  window.incoming = incoming;
  document.querySelector('#files').addEventListener('change', ({ target }) => {
    upload(incoming, target.files[0]).catch((error) => {
      document.title = String(error);
    });
  });
  document.documentElement.dataset.ready = 'yes';
}

async function upload({ Uploader, set_server_hostname }, file) {
  const { ticket = null, host } = Object.fromEntries(new URLSearchParams(location.search));
  set_server_hostname(host);
  const o = await new Uploader(ticket, file).start().done;
  document.title = `finished ${o.bytes_acked}`;
}
