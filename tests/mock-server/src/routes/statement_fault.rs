//! Faults of the release statement in a check's answer.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use serde_json::Value;

use crate::{
    Fault,
    catalog::{Asked, Catalog, CatalogError, Choice},
};

const STATEMENT: &str = "release";

/// Changes the answer to a client that has asked this. Other faults leave it as it is.
pub(super) fn change(
    fault: &Fault,
    answer: &mut Value,
    catalog: &Catalog,
    asked: &Asked<'_>,
    base: &str,
) -> Result<(), CatalogError> {
    let statement = match fault {
        Fault::NoStatement => {
            if let Some(fields) = answer.as_object_mut() {
                fields.remove(STATEMENT);
            }
            return Ok(());
        }
        Fault::BrokenStatement => {
            let signatures = answer.pointer_mut("/release/signatures");
            let signatures = signatures.and_then(Value::as_array_mut);
            signatures.into_iter().flatten().for_each(flip);
            return Ok(());
        }
        Fault::OldStatement => {
            let old = catalog.choose(asked, Choice::Oldest, "")?;
            *answer = catalog.answer(&old, base)?;
            return Ok(());
        }
        Fault::OtherStatement => {
            let version = answer["version"].as_str().unwrap_or_default();
            catalog.choose(asked, Choice::Other, version)?.envelope()
        }
        Fault::ExpiredStatement => catalog.choose(asked, Choice::Expired, "")?.envelope(),
        Fault::Statement { file } => catalog.json(file)?,
        _ => return Ok(()),
    };
    if let Some(fields) = answer.as_object_mut() {
        fields.insert(STATEMENT.to_owned(), statement);
    }
    Ok(())
}

/// Flips a bit in the middle of a signature.
fn flip(signature: &mut Value) {
    let Some(Value::String(text)) = signature.get_mut("sig") else {
        return;
    };
    let decoded = STANDARD.decode(&*text).or_else(|_| URL_SAFE.decode(&*text));
    let mut bytes = decoded.unwrap_or_default();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    *text = STANDARD.encode(bytes);
}
