//! An HTTP client for the SDK that drops nulls from JSON answers. Lex V2 sends
//! `"slots": {"RootEmail": null}` for every slot that has no value yet, and the SDK
//! (aws-sdk-lexruntimev2 1.120) refuses such a map on an answer that is otherwise
//! good, when the turn has been taken already. Knows nothing of conversations.

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;

/// Answers of the client behind it, without nulls.
#[derive(Debug)]
pub struct MendingClient {
    inner: SharedHttpClient,
}

impl MendingClient {
    /// In front of the SDK's own client, or of a fresh one where the SDK would make it later.
    #[must_use]
    pub fn around(inner: Option<SharedHttpClient>) -> Self {
        let fresh = || Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
        Self { inner: inner.unwrap_or_else(fresh) }
    }
}

impl HttpClient for MendingClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Mending { inner: self.inner.http_connector(settings, components) })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_base_client_config(components, config)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        self.inner.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

#[derive(Debug)]
struct Mending {
    inner: SharedHttpConnector,
}

impl HttpConnector for Mending {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move { mended(answer.await?).await })
    }
}

/// The answer with its body read to the end and mended, where it is JSON.
async fn mended(mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    if !answer.headers().get("content-type").is_some_and(|kind| kind.contains("json")) {
        return Ok(answer);
    }
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    let whole = ByteStream::new(body).collect().await.map_err(|error| ConnectorError::io(error.into()))?;
    let bytes = whole.into_bytes();
    let mended = without_nulls(&bytes).unwrap_or_else(|| bytes.to_vec());
    // The length no longer holds; the SDK reads a body to its end.
    answer.headers_mut().remove("content-length");
    *answer.body_mut() = SdkBody::from(mended);
    Ok(answer)
}

/// The same JSON without members that are null; `None` for what is no JSON.
fn without_nulls(body: &[u8]) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    drop_nulls(&mut value);
    serde_json::to_vec(&value).ok()
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => {
            items.retain(|item| !item.is_null());
            items.iter_mut().for_each(drop_nulls);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_go_wherever_they_are_and_everything_else_stays() {
        let said = br#"{"slots":{"A":null,"B":{"value":{"resolvedValues":["x",null],"n":0,"f":false,"s":""}}}}"#;
        let mended = without_nulls(said).unwrap();
        let kept = r#"{"slots":{"B":{"value":{"f":false,"n":0,"resolvedValues":["x"],"s":""}}}}"#;
        assert_eq!(String::from_utf8(mended).unwrap(), kept);
        assert_eq!(without_nulls(b"<html>502</html>"), None);
    }
}
