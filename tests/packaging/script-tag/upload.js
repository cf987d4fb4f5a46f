document.querySelector('#files').addEventListener('change', async ({ target }) => {
  const { ticket = null, host } = Object.fromEntries(new URLSearchParams(location.search));
  incoming.set_server_hostname(host);
  const o = await new incoming.Uploader(ticket, target.files[0]).start().done;
  document.title = `finished ${o.bytes_acked}`;
});
