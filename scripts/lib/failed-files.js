// A reporter for Node's test runner that tells the files in which a test failed, one in each line.

export default async function* failedFiles(events) {
  const told = new Set();
  for await (const { type, data } of events) {
    if (type !== 'test:fail' || told.has(data.file)) continue;
    told.add(data.file);
    yield `${data.file}\n`;
  }
}
