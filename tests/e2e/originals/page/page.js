// What the tests talk to: each original client, begun in the same way, watched in the same way.

window.files = () => [...document.querySelector('#files').files];

/** Makes a client with these options, gives it all files that are chosen, and lets it upload. */
window.begin = (library, options) => {
  const log = { chunks: 0, succeeded: [], failed: [] };
  window.log = log;
  window.client = LIBRARIES[library](options, log);
  window.client.addFiles(window.files());
};

const LIBRARIES = {
  resumable(options, log) {
    const client = new Resumable(options);
    client.on('filesAdded', () => client.upload());
    client.on('fileProgress', () => {
      log.chunks = chunksOf(client, ({ status }) => status() === 'success');
    });
    client.on('fileSuccess', ({ fileName }, message) => log.succeeded.push([fileName, message]));
    client.on('fileError', ({ fileName }, message) => log.failed.push([fileName, message]));
    return client;
  },

  flow(options, log) {
    const client = new Flow(options);
    client.on('filesSubmitted', () => client.upload());
    client.on('fileProgress', () => {
      log.chunks = chunksOf(client, (chunk) => chunk.status() === 'success');
    });
    client.on('fileSuccess', ({ name }, message) => log.succeeded.push([name, message]));
    client.on('fileError', ({ name }, message) => log.failed.push([name, message]));
    return client;
  },

  fineuploader(options, log) {
    const callbacks = {
      onUploadChunkSuccess: () => {
        log.chunks += 1;
      },
      onComplete: (_id, name, response) => {
        if (response.success) log.succeeded.push([name, response]);
      },
      onError: (_id, name, reason) => log.failed.push([name, reason]),
      onDeleteComplete: (_id, { status }, isError) => {
        log.deleted = isError ? status : true;
      },
    };
    return new qq.FineUploaderBasic({ callbacks, ...options });
  },

  robusto(options, log) {
    log.answers = [];
    return new Robusto(options, ({ name }, { status, value }, chunk) => {
      log.answers.push({ status, value, chunk });
      if (status === 'complete') log.succeeded.push([name, value]);
      if (status === 'error') log.failed.push([name, value]);
      if (chunk !== null) log.chunks += 1;
    });
  },
};

function chunksOf(client, condition) {
  return client.files.flatMap(({ chunks }) => chunks).filter(condition).length;
}
