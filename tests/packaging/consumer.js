// The page of every consumer project that imports the package by its name.

import { fingerprint, fingerprint_chunks, set_server_hostname, Uploader } from 'incoming-uploader';

window.hashes = { fingerprint, fingerprint_chunks };

document.querySelector('#files').addEventListener('change', async ({ target }) => {
  const { ticket, host } = Object.fromEntries(new URLSearchParams(location.search));
  set_server_hostname(host);
  const o = await new Uploader(ticket, target.files[0]).start().done;
  document.title = `finished ${o.bytes_acked}`;
});

document.documentElement.dataset.ready = 'yes';
