fetch('/demo/plain/file', { method: 'PUT', body: new File([new Uint8Array(65_536)], 'first.bin') });
