// Runs right after the package: nothing may have to be waited for.
window.newGlobals = Object.getOwnPropertyNames(window).filter(
  (name) => name !== 'globalsBefore' && !window.globalsBefore.includes(name),
);
window.usableAtOnce = typeof incoming.Uploader === 'function';
