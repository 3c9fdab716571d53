//! Parameter Store, played: a few parameters, and some our role may not read.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;

use super::wire::{Answer, Call, Endpoint, Played};

/// A name that exists and may not be read.
pub const FORBIDDEN: &str = "/vend/forbidden";

/// The service.
pub struct FakeSsm {
    values: BTreeMap<String, String>,
}

impl FakeSsm {
    /// Plays it on a free port, with these parameters.
    pub async fn start(values: &[(&str, &str)]) -> Endpoint {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Endpoint::start(Arc::new(Self { values })).await
    }
}

#[async_trait]
impl Played for FakeSsm {
    fn name(&self) -> &'static str {
        "ssm"
    }

    async fn answer(&self, call: Call) -> Answer {
        assert_eq!(call.target(), Some("GetParameter"));
        let body = call.json();
        assert_eq!(body["WithDecryption"], true, "a SecureString is read in the clear");
        let name = body["Name"].as_str().expect("a name");
        if name == FORBIDDEN {
            return Answer::refused("AccessDeniedException", "User is not authorized to perform: ssm:GetParameter");
        }
        match self.values.get(name) {
            Some(value) => {
                Answer::Json(json!({ "Parameter": { "Name": name, "Type": "SecureString", "Value": value } }))
            }
            None => Answer::refused("ParameterNotFound", ""),
        }
    }
}
