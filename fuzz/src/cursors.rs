//! What programs hand back: cursors, ids and idempotency keys.

use axum::http::{HeaderMap, HeaderValue};
use vend::domain::ids::{RequestId, RequestRef};
use vend::http::api::{cursor, idempotency_key, read_cursor};

/// A text is refused, or it is the one this program would write itself; no two keys look alike.
pub fn cursors(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(before) = read_cursor(&text) {
        assert_eq!(cursor(before), text);
    }
    if let Ok(id) = text.parse::<RequestId>() {
        assert_eq!(id.to_string(), text.trim().to_ascii_uppercase());
        assert_eq!(read_cursor(&cursor(id)), Ok(id));
        assert_eq!(id.short().parse::<RequestRef>().ok(), Some(RequestRef::Short(id.short_key())));
    }
    match text.parse::<RequestRef>() {
        Ok(RequestRef::Full(id)) => assert_eq!(text.parse::<RequestId>().ok(), Some(id)),
        Ok(RequestRef::Short(key)) => assert!(key.len() == 8 && text.to_ascii_lowercase().contains(&key), "{text:?}"),
        Err(_) => {}
    }
    is_a_key(data);
}

fn is_a_key(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let mut headers = HeaderMap::from_iter([("idempotency-key".parse().unwrap(), value.clone())]);
    let visible = (1..=128).contains(&data.len()) && data.iter().all(u8::is_ascii_graphic);
    match idempotency_key(&headers) {
        Ok(key) => assert!(visible && key.as_deref().map(str::as_bytes) == Some(data)),
        Err(problem) => assert!(!visible && problem.status == 400),
    }
    headers.append("idempotency-key", value);
    assert!(idempotency_key(&headers).is_err(), "given twice");
}
