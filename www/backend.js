// The web application behind the page; the demo server plays it.

/** A ticket for one upload. */
export async function newTicket() {
  const response = await fetch('/demo/tickets', { method: 'POST' });
  if (!response.ok) throw new Error(`the server gave no ticket (status ${response.status})`);
  return response.text();
}

/** What arrived, newest first. */
export async function arrivedFiles() {
  const response = await fetch('/demo/files');
  if (!response.ok)
    throw new Error(`the server did not list its files (status ${response.status})`);
  return response.json();
}
