const news = document.querySelector('#news');

/** Tells those who listen to the page, and cannot see it, what happened. */
export function say(text) {
  news.textContent = text;
}
