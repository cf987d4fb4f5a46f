// What the build puts in.

/** The version of the package. */
declare const __VERSION__: string;
/** The text of `incoming-digest.js`, which is a function of this name. */
declare const source: () => void;

/** The bytes of the uploader, in the script-tag build. */
declare module '#wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

/** The bytes of what hashes, in the script-tag build, for browsers without SIMD. */
declare module '#scalar' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

/** The same for browsers with SIMD. */
declare module '#simd' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

/** What wasm-bindgen makes of `src/js.rs`. */
declare module '#glue' {
  export function initSync(given: { module: BufferSource | WebAssembly.Module }): unknown;
  export class Driver {
    constructor(page: object);
    static read_kept(text: string): unknown;
    static set_server_hostname(name: string | null): void;
    act(page: object, what: string, given: unknown): void;
    snapshot(): unknown;
  }
}
