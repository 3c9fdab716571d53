//! The real binary as server and as client, on one machine.

use rusqlite::Connection;

use super::run::{Served, Vend};

const INPUT: &str = "ana.canary@example.com\nAna\nSilva\nHi, I would like a new account please!\nSandbox\n\
                     canary+root@example.com\nDemos\nnone\ntrying things\nyes\n";

fn server(env: &[(&str, &str)]) -> (Vend, Served) {
    let vend = Vend::new(env).with("VEND_SERVER__LISTEN", "127.0.0.1:0").with("VEND_SIMULATOR__ACCOUNT_SECONDS", "0");
    let served = vend.serve();
    let url = served.url.clone();
    (vend.with("VEND_SERVER", &url), served)
}

#[test]
fn a_conversation_in_a_pipe_reads_as_a_transcript_and_makes_a_request() {
    let (vend, _served) = server(&[]);
    let out = vend.run_with(&["chat"], INPUT).with_code(0).out;
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("you> Hi, I would like a new account please!"));
    assert_eq!(lines.next(), Some("bot> Hi Ana, what account type do you want? Production or Sandbox?"));
    assert!(out.contains("`vend requests watch req-"), "{out}");
    let ended = vend.run(&["audit", "verify"]).with_code(0);
    assert!(ended.out.starts_with("1 request, 1 event"), "{ended:?}");
}

#[test]
fn quit_and_exit_leave_the_conversation() {
    let (vend, _served) = server(&[]);
    let who = ["chat", "--email", "ana@example.com", "--first-name", "Ana", "--last-name", "B"];
    for word in ["quit", "Exit", "/quit"] {
        let out = vend.run_with(&who, &format!("new account\n{word}\nsandbox\n")).with_code(0).out;
        assert!(out.contains("you> new account") && !out.contains("sandbox"), "{word}: {out}");
    }
}

#[test]
fn the_audit_trail_is_exported_and_an_altered_event_is_found() {
    let (vend, served) = server(&[]);
    vend.run_with(&["chat"], INPUT).with_code(0);
    drop(served);
    let exported = vend.run(&["audit", "export"]).with_code(0).out;
    let event: serde_json::Value = serde_json::from_str(exported.lines().next().unwrap()).unwrap();
    assert_eq!(event["event"], "submitted");
    let only = vend.run(&["audit", "export", "--request", event["request_id"].as_str().unwrap()]).with_code(0).out;
    assert_eq!(exported, only);
    vend.run(&["audit", "export", "--request", "req-aaaaaaaa"]).with_code(3);

    alter_first_event(&vend.path().join("vend.db"));
    let ended = vend.run(&["audit", "verify"]).with_code(1);
    assert!(ended.err.contains("was altered"), "{ended:?}");
}

/// Another purpose, as somebody with access to the file might write it.
fn alter_first_event(path: &std::path::Path) {
    let sql =
        "UPDATE events SET body = replace(CAST(body AS TEXT), 'trying things', 'something else') WHERE number = 1";
    let file = Connection::open(path).unwrap();
    let before: i64 = file.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
    assert!(before > 0);
    // The table refuses changes; somebody with the file can take that away.
    file.execute_batch("DROP TRIGGER events_are_never_changed").unwrap();
    assert_eq!(file.execute(sql, []).unwrap(), 1);
}

#[test]
fn nothing_secret_or_personal_is_logged_on_the_way() {
    let (vend, running) = server(&[
        ("VEND_LOG__LEVEL", "trace"),
        ("VEND_SERVER__LINK_SECRET", "canary-link-secret-canary-link-secret"),
        ("VEND_SLACK__SIGNING_SECRET", "canary-signing"),
        ("VEND_SLACK__BOT_TOKEN", "xoxb-canary"),
        ("VEND_TOKEN", "vendtok_canary"),
    ]);
    vend.run_with(&["chat"], INPUT).with_code(0);
    vend.run(&["requests", "list"]);
    let mail = first_mail(&vend);
    let log = vend.log();
    drop(running);
    assert!(log.contains("TRACE"), "the log is captured: {log}");
    let link = mail.split("t=").nth(1).map(|rest| rest.chars().take(30).collect::<String>());
    assert!(!log.contains(&link.expect("the mail has a link")), "P11: the approver's link is in the log");
    for canary in ["canary", "approver@example.com"] {
        let told = log.lines().find(|text| text.contains(canary));
        assert_eq!(told, None, "P11: `{canary}` is in the log");
    }
}

/// The approver's mail, as soon as the worker has written it.
fn first_mail(vend: &Vend) -> String {
    for _ in 0..200 {
        let mails = std::fs::read_dir(vend.path().join("outbox")).unwrap();
        let mut texts = mails.filter_map(|mail| std::fs::read_to_string(mail.unwrap().path()).ok());
        if let Some(text) = texts.find(|text| text.contains("t=")) {
            return text.replace("=\r\n", "");
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    panic!("no mail came");
}
