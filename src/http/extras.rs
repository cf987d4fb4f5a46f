//! What a page adds to every request: headers and parameters, fixed or made anew each time.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::error::type_error;

/// What the page has chosen for all requests.
#[derive(Default)]
pub(crate) struct Extras {
    headers: JsValue,
    params: JsValue,
    pub(crate) with_credentials: bool,
    pub(crate) wants_fetch: bool,
}

/// What is added to one request.
#[derive(Default)]
pub(crate) struct Added {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) with_credentials: bool,
}

/// The options that are read here.
const OPTIONS: [&str; 4] = ["headers", "params", "with_credentials", "transport"];

impl Extras {
    /// True for an option that is read here.
    pub(crate) fn knows(name: &str) -> bool {
        OPTIONS.contains(&name)
    }

    /// Takes an option that is known here.
    ///
    /// # Errors
    /// What was expected, if it is something else.
    pub(crate) fn take(&mut self, name: &str, value: JsValue) -> Result<(), &'static str> {
        match name {
            "headers" | "params" if value.is_object() || value.is_function() => {
                *(if name == "headers" { &mut self.headers } else { &mut self.params }) = value;
            }
            "headers" | "params" => return Err("an object, or a function that returns one,"),
            "with_credentials" => {
                self.with_credentials = value.as_bool().ok_or("true or false")?;
            }
            _ => {
                self.wants_fetch = match value.as_string().as_deref() {
                    Some("fetch") => true,
                    Some("xhr") => false,
                    _ => return Err("'xhr' or 'fetch'"),
                }
            }
        }
        Ok(())
    }

    /// Asks the page; a function may return a promise, for example of a fresh token.
    ///
    /// # Errors
    /// Whatever the page throws.
    pub(crate) async fn resolve(&self) -> Result<Added, JsValue> {
        Ok(Added {
            headers: pairs(&ask(&self.headers).await?)?,
            params: pairs(&ask(&self.params).await?)?,
            with_credentials: self.with_credentials,
        })
    }
}

async fn ask(given: &JsValue) -> Result<JsValue, JsValue> {
    let Some(function) = given.dyn_ref::<Function>() else { return Ok(given.clone()) };
    JsFuture::from(Promise::resolve(&function.call0(&JsValue::UNDEFINED)?)).await
}

fn pairs(object: &JsValue) -> Result<Vec<(String, String)>, JsValue> {
    let mut pairs = Vec::new();
    if object.is_object() {
        flatten(object, None, &mut pairs)?;
    } else if !object.is_undefined() && !object.is_null() {
        return Err(type_error("Uploader: expected headers and params to give an object"));
    }
    Ok(pairs)
}

/// `{ a: { b: 1 } }` is `a[b]=1`, as servers in PHP and others read it.
fn flatten(
    object: &JsValue,
    prefix: Option<&str>,
    pairs: &mut Vec<(String, String)>,
) -> Result<(), JsValue> {
    for key in Object::keys(object.unchecked_ref::<Object>()).iter() {
        let name = key.as_string().unwrap_or_default();
        let name = prefix.map_or_else(|| name.clone(), |prefix| format!("{prefix}[{name}]"));
        let value = Reflect::get(object, &key)?;
        if value.is_object() {
            flatten(&value, Some(&name), pairs)?;
        } else if !value.is_undefined() && !value.is_null() {
            pairs.push((name, to_string(&value)));
        }
    }
    Ok(())
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = String)]
    fn to_string(value: &JsValue) -> String;
}
