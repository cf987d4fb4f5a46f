let longestTaskMs = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longestTaskMs = Math.max(longestTaskMs, duration);
}).observe({ type: 'longtask' });

/** Seconds that it took, and the longest task of the main thread meanwhile. */
export async function timed(body) {
  longestTaskMs = 0;
  const start = performance.now();
  await body();
  const seconds = (performance.now() - start) / 1000;
  // Long tasks are reported a little later.
  await new Promise((resolve) => setTimeout(resolve, 200));
  return { seconds, longestTaskMs };
}

export const file = () => document.querySelector('#files').files[0];

/** What everything is compared with. */
export const plain = () =>
  timed(async () => {
    const response = await fetch('/demo/plain/file', { method: 'PUT', body: file() });
    if (!response.ok) throw new Error(`status ${response.status}`);
  });
