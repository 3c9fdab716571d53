//! Commands that need no server.

use std::collections::BTreeSet;

use vend::config::Config;

use super::run::Vend;

#[test]
fn wrong_arguments_end_with_2() {
    let vend = Vend::new(&[]);
    vend.run(&[]).with_code(2);
    vend.run(&["requets"]).with_code(2);
    vend.run(&["requests", "deny", "req-7f3k2a9q"]).with_code(2);
    let ended = vend.run(&["requests", "show", "../../etc"]).with_code(2);
    assert!(ended.err.contains("not a request id"), "{}", ended.err);
    let ended = vend.run(&["requests", "list", "--state", "nearly"]).with_code(2);
    assert!(ended.err.contains("pending, approved"), "{}", ended.err);
}

#[test]
fn faulty_configuration_ends_with_2_and_tells_every_fault() {
    let vend = Vend::new(&[("VEND_SERVER__LISTEN", "0.0.0.0:0"), ("VEND_MAIL__BACKEND", "pigeon")]);
    std::fs::write(vend.path().join("vend.toml"), "[store]\npaht = \"x\"\n").unwrap();
    for command in [&["serve"][..], &["config", "check"], &["config", "show"], &["audit", "verify"]] {
        let ended = vend.run(command).with_code(2);
        for told in ["vend.toml:2: store.paht", "VEND_SERVER__LISTEN: server.listen", "VEND_MAIL__BACKEND"] {
            assert!(ended.err.contains(told), "{command:?} does not tell {told}:\n{}", ended.err);
        }
        assert_eq!(ended.out, "");
    }
}

#[test]
fn the_configuration_is_shown_with_sources_and_without_secrets() {
    let vend = Vend::new(&[("VEND_SERVER__LINK_SECRET", "canary-canary-canary-canary-canary-canary")]);
    std::fs::write(vend.path().join("vend.toml"), "[server]\nlisten = \"127.0.0.1:0\"\n").unwrap();
    let out = vend.run(&["config", "show"]).with_code(0).out;
    let line = |key: &str| out.lines().find(|line| line.starts_with(key)).unwrap_or_default().to_owned();
    assert!(line("server.listen").ends_with("# ./vend.toml:2") || line("server.listen").ends_with("# vend.toml:2"));
    assert!(line("server.link_secret").starts_with("server.link_secret = \"***\""), "{out}");
    assert!(line("store.path").ends_with("# default"), "{out}");
    assert!(!out.contains("canary"), "{out}");
    let json: serde_json::Value = serde_json::from_str(&vend.run(&["config", "show", "--json"]).out).unwrap();
    assert_eq!(json[0]["key"], "server.listen");
}

#[test]
fn a_new_token_is_let_in_by_its_entry_which_does_not_hold_it() {
    let vend = Vend::new(&[]);
    let args = ["tokens", "new", "--name", "ci \"x\"", "--email", "ci@example.com", "--scope", "read"];
    let out = vend.run(&args).with_code(0).out;
    let (token, entry) = out.split_once('\n').unwrap();
    assert!(!entry.contains(token));
    let path = vend.path().join("vend.toml");
    std::fs::write(&path, format!("[auth]\nmode = \"tokens\"\n{entry}")).unwrap();
    let config = Config::load(None, std::iter::empty(), &path).unwrap();
    assert!(config.auth.tokens[0].hash.matches(token));
    assert_ne!(vend.run(&args).out.lines().next(), Some(token), "every token is a new one");
}

#[test]
fn no_token_is_made_for_what_the_configuration_would_refuse() {
    let args = ["tokens", "new", "--name", "ci", "--email", "notmail", "--scope", "read"];
    let ended = Vend::new(&[]).run(&args).with_code(2);
    assert!(ended.out.is_empty() && ended.err.contains("notmail is not one e-mail address"), "{ended:?}");
}

#[test]
fn the_shipped_manifests_are_good_wherever_vend_is_started() {
    let vend = Vend::new(&[]);
    for command in ["policy", "bot", "blueprints"] {
        let ended = vend.run(&[command, "check"]).with_code(0);
        assert_ne!(ended.out, "");
    }
}

#[test]
fn a_broken_manifest_is_told_with_its_faults_and_a_missing_one_is_not_replaced() {
    let vend = Vend::new(&[]);
    let file = vend.path().join("broken.yaml");
    std::fs::write(&file, "approvals: 7\n").unwrap();
    for command in ["policy", "bot"] {
        let ended = vend.run(&[command, "check", "broken.yaml"]).with_code(2);
        assert!(ended.err.contains("broken.yaml"), "{ended:?}");
        vend.run(&[command, "check", "missing.yaml"]).with_code(2);
    }
    let typo = Vend::new(&[("VEND_POLICY__FILE", "polciy.yaml"), ("VEND_SERVER__LISTEN", "127.0.0.1:0")]);
    let ended = typo.run(&["policy", "check"]).with_code(2);
    assert!(ended.err.contains("correct `policy.file`"), "{ended:?}");
    typo.run(&["serve"]).with_code(2);
}

#[test]
fn blueprints_are_listed_and_shown() {
    let vend = Vend::new(&[]);
    assert!(vend.run(&["blueprints", "list"]).with_code(0).out.contains("mlops-eks"));
    assert!(vend.run(&["blueprints", "show", "mlops-eks"]).with_code(0).out.contains("PARAMETER"));
    let ended = vend.run(&["blueprints", "show", "nothing"]).with_code(3);
    assert!(ended.err.contains("vend blueprints list"), "{ended:?}");
    let json: serde_json::Value = serde_json::from_str(&vend.run(&["blueprints", "list", "--json"]).out).unwrap();
    assert!(json.as_array().unwrap().iter().any(|b| b["id"] == "mlops-eks"), "{json}");
    let described: serde_json::Value = serde_json::from_str(include_str!("../../../openapi.json")).unwrap();
    let fields = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let schema = |name: &str| fields(&described["components"]["schemas"][name]["properties"]);
    let shown = vend.run(&["blueprints", "show", "mlops-eks", "--json"]).out;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((fields(&json[0]), fields(&shown)), (schema("Blueprint"), schema("Blueprint")), "as over REST");
    assert_eq!(fields(&shown["parameters"][0]), schema("BlueprintParameter"));
}

#[test]
fn without_a_server_the_way_to_start_one_is_told_with_5() {
    let vend = Vend::new(&[("VEND_SERVER", "http://127.0.0.1:1"), ("HTTP_PROXY", "http://127.0.0.1:2")]);
    let ended = vend.run(&["requests", "list"]).with_code(5);
    assert_eq!(
        ended.err,
        "vend: no server answers at http://127.0.0.1:1. Start it with `vend serve`, or say with --server where it listens.\n"
    );
    vend.run(&["requests", "watch", "req-7f3k2a9q"]).with_code(5);
    vend.run_with(&["chat", "--email", "a@example.com", "--first-name", "A", "--last-name", "B"], "hi\n").with_code(5);
}

#[test]
fn a_script_that_does_not_say_who_talks_is_told_so_with_2() {
    let ended = Vend::new(&[]).run_with(&["chat", "--email", "a@example.com"], "hi\n").with_code(2);
    assert_eq!(
        ended.err,
        "vend: the input ended before it was known who talks. Give --email, --first-name and --last-name.\n"
    );
}

#[test]
fn a_script_that_says_wrongly_who_talks_is_told_before_anything_is_sent() {
    let vend = Vend::new(&[("VEND_SERVER", "http://127.0.0.1:1")]);
    let who = ["chat", "--email", "hello", "--first-name", "A", "--last-name", "B"];
    let ended = vend.run_with(&who, "hi\n").with_code(2);
    assert_eq!(
        ended.err,
        "vend: hello is not one e-mail address. Write it like fraud-root@corp.example, with one @.\n"
    );
    let ended = vend.run_with(&["chat"], "a@example.com\n\n").with_code(2);
    assert_eq!(ended.err, "vend: Give your first name; it goes on the account's first administrator.\n");
}

#[test]
fn without_a_store_there_is_nothing_to_audit_and_none_is_made() {
    let vend = Vend::new(&[]);
    let ended = vend.run(&["audit", "verify"]).with_code(3);
    assert!(ended.err.contains("there is no store at vend.db"), "{ended:?}");
    assert!(!vend.path().join("vend.db").exists());
}

#[test]
fn a_configured_value_that_nothing_would_take_stops_the_start() {
    let vend = Vend::new(&[]);
    let values = "[blueprints.values]\nVpcCidr = \"10.99.0.0/16\"\nTransitGatwayId = \"tgw-0123456789abcdef0\"\nAzCount = \"3\"\n";
    std::fs::write(vend.path().join("vend.toml"), values).unwrap();
    for command in [&["serve"][..], &["blueprints", "check"]] {
        let ended = vend.run(command).with_code(2);
        for told in [
            "blueprints.values.VpcCidr: every account gets a range of its own from `blueprints.pools.ml`",
            "blueprints.values.TransitGatwayId: no blueprint has this parameter",
        ] {
            assert!(ended.err.contains(told), "{command:?} does not tell {told}:\n{}", ended.err);
        }
        assert!(!ended.err.contains("AzCount"), "{}", ended.err);
    }
}

#[test]
fn blueprints_meant_for_one_account_are_checked_for_names_that_both_write() {
    let vend = Vend::new(&[]);
    let check = |more: &[&str]| vend.run(&[&["blueprints", "check"], more].concat());
    check(&["--together", "mlops-stage,mlops-ecs", "--beside", "mlops-infra=/vpc/id,/vpc/sg/id"]).with_code(0);
    let ended = check(&["--together", "ml-workload-nonprod,ml-shared-services-nonprod"]).with_code(1);
    let clash = "ml-shared-services-nonprod and ml-workload-nonprod all write the SSM name /vpc/sg/id";
    assert!(ended.out.contains(clash), "{ended:?}");
    let beside = ["--together", "ml-workload-nonprod", "--beside", "mlops-infra=/vpc/id", "--json"];
    let report: serde_json::Value = serde_json::from_str(&check(&beside).with_code(1).out).unwrap();
    assert!(report["findings"][0]["sentence"].as_str().unwrap().contains("mlops-infra all write the SSM name /vpc/id"));
    assert!(check(&["--together", "ml-nothing"]).with_code(3).err.contains("there is no blueprint `ml-nothing`"));
    assert!(check(&["--beside", "mlops-infra"]).with_code(2).err.contains("mlops-infra=/vpc/id,/vpc/sg/id"));
}
