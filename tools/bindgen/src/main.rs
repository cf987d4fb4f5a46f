//! Runs wasm-bindgen at exactly the version that the lock file names.
//!
//! `bindgen <input.wasm> <output directory> [--inline | --name <name>]` writes `incoming.js` and
//! `incoming_bg.wasm`, or with `--name` files of that name. With `--inline` the glue knows no default
//! path of the wasm, because the caller brings the bytes.

#![forbid(unsafe_code)]

use std::{env, error::Error, path::Path};

use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

/// What the files are called unless the caller says otherwise.
const NAME: &str = "incoming";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [input, output] => generate(input.as_ref(), output.as_ref(), NAME, false),
        [input, output, "--inline"] => generate(input.as_ref(), output.as_ref(), NAME, true),
        [input, output, "--name", name] => generate(input.as_ref(), output.as_ref(), name, false),
        _ => {
            Err("usage: bindgen <input.wasm> <output directory> [--inline | --name <name>]".into())
        }
    }
}

fn generate(input: &Path, output: &Path, name: &str, inline: bool) -> Result<(), Box<dyn Error>> {
    Bindgen::new()
        .input_path(input)
        .out_name(name)
        .web(true)?
        .omit_default_module_path(inline)
        .encode_into(EncodeInto::Always)
        .typescript(false)
        .remove_name_section(false)
        .remove_producers_section(true)
        .generate(output)?;
    Ok(())
}
