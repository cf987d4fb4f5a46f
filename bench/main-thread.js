/** How long the main thread was at its tasks, and how long of that the processor worked for it. */
export async function mainThread(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (wanted) => metrics.find(({ name }) => name === wanted).value;
  return [of('TaskDuration'), of('ThreadTime')];
}
