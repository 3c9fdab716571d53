//! What the log may tell (P11).

use vend::config::LogFormat;

use crate::fakes::captured_log::CapturedLog;

const CANARIES: [&str; 5] = [
    "canary-signing-secret",
    "xoxb-1-canary",
    "vendtok_canary",
    "AgAAAABnPz8AcanaryAcanaryAcanaryAcanaryAcanaryAcanary",
    "ana.canary@example.com",
];

#[test]
fn careless_code_cannot_log_a_secret_or_an_address() {
    for format in [LogFormat::Text, LogFormat::Json] {
        let (log, _guard) = CapturedLog::start(format, &CANARIES[..1]);
        let mail = CANARIES[4];
        let span = tracing::info_span!("request", requester = mail);
        let _entered = span.enter();
        for canary in CANARIES {
            tracing::error!(canary, "told {canary}");
            tracing::trace!(error = ?std::io::Error::other(canary), link = %format!("http://x/y?t={canary}"), "debug");
        }
        log.must_not_tell(&CANARIES);
        assert!(log.text().contains("[hidden]"), "something was logged: {}", log.text());
    }
}

#[test]
fn a_json_line_stays_json() {
    let (log, _guard) = CapturedLog::start(LogFormat::Json, &[]);
    tracing::info!(requester = "ana@example.com", "she said \"hi\" from <ana@example.com>");
    let line: serde_json::Value = serde_json::from_str(log.text().trim()).unwrap();
    assert_eq!(line["requester"], "[hidden]");
    assert_eq!(line["message"], "she said \"hi\" from <[hidden]>");
}
