//! The configuration as an operator meets it: sources, faults, secrets, the sample file.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use vend::config::{Config, ConfigFaults, MailBackend, Role, TokenHash, keys, show};

pub fn load(file: &str, env: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vend.toml");
    std::fs::write(&path, file).unwrap();
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(None, env, &path)
}

/// Every fault as one line, the directory of the file cut off.
pub fn faults(file: &str, env: &[(&str, &str)]) -> Vec<String> {
    let faults = load(file, env).expect_err("the configuration should be refused");
    let lines = faults.0.iter().map(ToString::to_string);
    lines.map(|line| line.find("/vend.toml:").map_or(line.clone(), |at| line[at + 1..].to_owned())).collect()
}

#[test]
fn nothing_given_means_a_whole_bot_on_this_machine() {
    let config = Config::load(None, std::iter::empty(), Path::new("/nowhere/vend.toml")).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.role, Role::All);
    assert_eq!(config.store.path, Path::new("vend.db"));
    assert_eq!(config.mail.backend, MailBackend::Outbox);
    assert_eq!(config.factory.max_concurrent, 5);
    assert_eq!(config.factory.poll_interval, Duration::from_secs(2));
    assert_eq!(config.policy.file, Path::new("manifests/policy.yaml"));
    assert!(config.slack.is_none());
}

#[test]
fn a_variable_wins_over_the_file_and_the_file_over_the_default() {
    let file =
        "[server]\nlisten = \"127.0.0.1:9000\"\nrole = \"worker\"\n[blueprints.values]\nTransitGatewayId = \"tgw-1\"";
    let env = [("VEND_SERVER__LISTEN", "127.0.0.1:0"), ("VEND_BLUEPRINTS__VALUES__KmsKeyId", "k-1")];
    let config = load(file, &env).unwrap();
    assert_eq!(config.server.listen.port(), 0);
    assert_eq!(config.server.role, Role::Worker);
    assert_eq!(config.blueprints.values["TransitGatewayId"], "tgw-1");
    assert_eq!(config.blueprints.values["KmsKeyId"], "k-1");
    assert_eq!(config.store.path, Path::new("vend.db"));
}

#[test]
fn every_fault_is_told_at_once_with_its_place_and_its_cure() {
    let file = "[server]\nlisen = \"127.0.0.1:1\"\nmax_body_bytes = \"many\"\n\n[store]\nbackend = \"dynamodb\"\n\
                [dialogue]\nbackend = \"lex\"\nbot_alias_id = \"KLMNOPQRST\"\n[mail]\nbackend = \"smtp\"\nfrom = \"v@example.com\"";
    let env =
        [("VEND_SLACK__BOT_TOKEN", "xoxb-canary"), ("VEND_SERVER__LISTEN", "0.0.0.0:80"), ("VEND_STORE_PATH", "x")];
    insta::assert_snapshot!(faults(file, &env).join("\n"), @r#"
    vend.toml:2: server.lisen: there is no such key. Did you mean `server.listen`?
    vend.toml:3: server.max_body_bytes: `many` will not do: give a whole number from 1024 to 16777216.
    vend.toml:6: store.backend: `dynamodb` needs store.table (or VEND_STORE__TABLE), for example "vend".
    vend.toml:8: dialogue.backend: `lex` needs dialogue.bot_id (or VEND_DIALOGUE__BOT_ID), for example "ABCDEFGHIJ".
    vend.toml:11: mail.backend: `smtp` needs mail.smtp_url (or VEND_MAIL__SMTP_URL), for example "smtps://user:password@mail.example.com".
    VEND_SERVER__LISTEN: server.listen: `auth.mode = none` lets every caller approve, so it is for loopback addresses only. Listen on 127.0.0.1, or set auth.mode = "tokens" and make a token with `vend tokens new`.
    VEND_SLACK__BOT_TOKEN: slack.bot_token: it needs slack.signing_secret (or VEND_SLACK__SIGNING_SECRET), for example "env:SLACK_SIGNING_SECRET".
    VEND_STORE_PATH: store.path: write it with two underscores: VEND_STORE__PATH.
    "#);
}

#[test]
fn broken_toml_is_told_with_its_line_and_the_rest_is_still_read() {
    let lines = faults("[server]\nlisten = \n[simulator]\naccount_secnds = 1", &[]);
    assert!(lines.iter().any(|line| line.starts_with("vend.toml:2: this is not valid TOML")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("Did you mean `simulator.account_seconds`?")), "{lines:#?}");
}

#[test]
fn wrong_kinds_of_values_are_faults_not_panics() {
    let hostile = [
        "server = 5",
        "[server]\nlisten = [1, 2]",
        "[server]\nlisten = 1979-05-27",
        "[simulator]\naccount_seconds = nan",
        "[simulator]\naccount_seconds = -1",
        "[factory]\nmax_concurrent = 0",
        "[factory]\nmax_concurrent = 99999999999999999999999",
        "[auth]\ntokens = 3",
        "[auth]\ntokens = [[1]]",
        "[[auth.tokens]]\nname = \"x\"",
        "[blueprints]\nvalues = \"x\"",
        "[blueprints.values]\na = [1]",
        "[server]\npublic_url = \"javascript:alert(1)\"",
        "[mail]\nfrom = \"nobody\"",
        "\u{0}",
    ];
    for file in hostile {
        assert!(!faults(file, &[]).is_empty(), "{file:?} was taken");
    }
}

#[test]
fn a_file_that_was_asked_for_must_exist() {
    let missing = Path::new("/nowhere/else.toml");
    let explicit = Config::load(Some(missing), std::iter::empty(), Path::new("vend.toml")).unwrap_err();
    assert!(explicit.to_string().contains("there is no file `/nowhere/else.toml`"), "{explicit}");
    let env = [("VEND_CONFIG".to_owned(), "/nowhere/else.toml".to_owned())];
    let named = Config::load(None, env.into_iter(), Path::new("vend.toml")).unwrap_err();
    assert!(named.to_string().contains("VEND_CONFIG: there is no file"), "{named}");
}

#[test]
fn a_secret_may_stand_elsewhere_and_is_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let secret_file = dir.path().join("secret");
    std::fs::write(&secret_file, "canary-in-a-file\n").unwrap();
    let file = format!(
        "[slack]\nsigning_secret = \"env:SIGNING\"\nbot_token = \"file:{}\"\n\
         [server]\nlink_secret = \"canary-literal-canary-literal-canary\"",
        secret_file.display()
    );
    let config = load(&file, &[("SIGNING", "canary-in-a-variable")]).unwrap();
    let slack = config.slack.as_ref().unwrap();
    assert_eq!(slack.signing_secret.reveal(), "canary-in-a-variable");
    assert_eq!(slack.bot_token.reveal(), "canary-in-a-file");
    let everything = format!("{config:?} {config:#?} {}", show::effective(&config.shown));
    assert!(!everything.contains("canary"), "{everything}");
    assert!(everything.contains("env:SIGNING"), "the reference is named: {everything}");
}

#[test]
fn a_secret_is_not_told_in_a_fault_either() {
    let file = "[server]\nlink_secret = \"canary\"\n[mail]\nsmtp_url = \"http://user:canary@host\"\n\
                [slack]\nbot_token = [\"canary\"]\nsigning_secret = \"env:NOT_THERE\"";
    let lines = faults(file, &[("VEND_SLACK__PREVIOUS_SIGNING_SECRET", "ssm:/vend/old")]);
    assert_eq!(lines.len(), 5, "{lines:#?}");
    assert!(!lines.join("\n").contains("canary"), "{lines:#?}");
}

#[test]
fn a_token_is_known_by_its_hash_from_file_or_variable() {
    let hash = TokenHash::of("a-token").to_string();
    let entry = format!("{{ name = \"ci\", email = \"ci@example.com\", hash = \"{hash}\", scopes = [\"read\"] }}");
    let from_file = load(&format!("[auth]\nmode = \"tokens\"\ntokens = [{entry}]"), &[]).unwrap();
    let in_variable = format!("[{entry}]");
    let from_variable = load("", &[("VEND_AUTH__MODE", "tokens"), ("VEND_AUTH__TOKENS", &in_variable)]).unwrap();
    for config in [from_file, from_variable] {
        assert!(config.auth.tokens[0].hash.matches("a-token"));
        assert!(!config.auth.tokens[0].hash.matches("another"));
    }
}

#[test]
fn tokens_may_listen_anywhere_but_no_authentication_stays_on_loopback() {
    let lines = faults("[server]\nlisten = \"0.0.0.0:8080\"", &[]);
    assert!(lines[0].contains("loopback"), "{lines:#?}");
    load("[server]\nlisten = \"0.0.0.0:8080\"\n[auth]\nmode = \"tokens\"\ntokens = []", &[]).unwrap();
    load("[server]\nlisten = \"[::1]:8080\"", &[]).unwrap();
}

#[test]
fn every_key_is_read_and_every_key_read_is_in_the_table() {
    let config = load("", &[]).unwrap();
    let shown: BTreeSet<_> = config.shown.iter().map(|shown| shown.key.as_str()).collect();
    let known: BTreeSet<_> = keys::KEYS.iter().map(|key| key.name).collect();
    assert_eq!(shown, known);
    for (key, shown) in keys::KEYS.iter().map(|key| (key, config.shown.iter().find(|s| s.key == key.name).unwrap())) {
        let depends = ["factory.poll_seconds", "mail.from"].contains(&key.name);
        assert!(depends || shown.value.as_deref() == key.default, "{} shows {:?}", key.name, shown.value);
    }
}

#[test]
fn the_sample_file_is_current_and_can_be_uncommented() {
    let committed = include_str!("../../vend.example.toml");
    assert_eq!(committed, show::sample(), "run `cargo run -- config sample > vend.example.toml`");
    load(committed, &[]).unwrap();
    let env = [
        "VEND_LINK_SECRET",
        "SLACK_SIGNING_SECRET",
        "SLACK_PREVIOUS_SIGNING_SECRET",
        "SLACK_BOT_TOKEN",
        "VEND_CLIENT_SECRET",
    ];
    let env = env.map(|name| (name, "a-secret-of-more-than-thirty-two-characters"));
    load(&uncommented(committed), &env).unwrap();
}

/// The sample with every setting in force: lines `# key = …` and what follows them.
fn uncommented(sample: &str) -> String {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in sample.lines() {
        let setting = line.strip_prefix("# ").filter(|rest| {
            let word = rest.split_once(" = ").map_or("", |(word, _)| word);
            inside || (!word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
        });
        inside = setting.is_some();
        lines.push(setting.unwrap_or(line));
    }
    lines.join("\n")
}

#[test]
fn the_manual_has_a_row_for_every_key() {
    let manual = include_str!("../../docs/configuration.md");
    let missing: Vec<_> = keys::KEYS.iter().map(row).filter(|row| !manual.contains(row)).collect();
    assert!(missing.is_empty(), "docs/configuration.md lacks these rows:\n{}", missing.join("\n"));
}

/// The key's row in the manual's table.
fn row(key: &keys::Key) -> String {
    let default = key.default.map_or_else(|| "not set".to_owned(), |default| format!("`{default}`"));
    let secret = if key.kind == keys::Kind::Secret { "**Secret.** " } else { "" };
    format!("| `{}` | {default} | {secret}{} |", key.leaf(), key.about)
}

#[test]
fn a_lex_bot_is_named_by_ids_in_a_region_that_has_lex() {
    let file = "[dialogue]\nbackend = \"lex\"\nbot_id = \"vend\"\nbot_alias_id = \"live\"\nlocale_id = \"de_DE\"\n\
                region = \"eu-north-1\"";
    insta::assert_snapshot!(faults(file, &[]).join("\n"), @"
    vend.toml:3: dialogue.bot_id: `vend` will not do: give the id (not the name): 10 letters and digits.
    vend.toml:4: dialogue.bot_alias_id: `live` will not do: give the id (not the name): 10 letters and digits.
    vend.toml:5: dialogue.locale_id: `de_DE` will not do: give an English locale, like en_US.
    vend.toml:6: dialogue.region: `eu-north-1` will not do: Amazon Lex V2 is not in this region. Deploy the bot in one of af-south-1, ap-northeast-1, ap-northeast-2, ap-southeast-1, ap-southeast-2, ca-central-1, eu-central-1, eu-west-1, eu-west-2, us-east-1, us-west-2.
    ");
    let file = "[dialogue]\nbackend = \"lex\"\nbot_id = \"ABCDEFGHIJ\"\nbot_alias_id = \"TSTALIASID\"\n\
                locale_id = \"en_GB\"\nregion = \"eu-west-2\"";
    assert_eq!(load(file, &[]).unwrap().dialogue.region.as_deref(), Some("eu-west-2"));
}

#[test]
fn a_topic_that_cannot_send_mail_is_refused() {
    for (topic, told) in [
        ("vend-approvals", "give the topic's ARN, like arn:aws:sns:eu-west-1:123456789012:vend-approvals."),
        ("arn:aws:sns:eu-west-1:123456789012:vend.fifo", "this is a FIFO topic, and those cannot send e-mail."),
    ] {
        let file = format!("[mail]\nbackend = \"sns\"\ntopic_arn = \"{topic}\"");
        let lines = faults(&file, &[]);
        assert!(
            lines.len() == 1 && lines[0].starts_with("vend.toml:3: mail.topic_arn") && lines[0].contains(told),
            "{lines:?}"
        );
    }
}

#[test]
fn proxies_are_trusted_by_address_or_range_and_never_by_mistake() {
    let file = "[server]\ntrusted_proxies = [\"10.0.1.5\", \"10.0.0.0/16\", \"2001:db8:1234::/48\"]";
    let config = load(file, &[]).unwrap();
    let ranges: Vec<_> = config.server.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(ranges, ["10.0.1.5/32", "10.0.0.0/16", "2001:db8:1234::/48"]);
    let shown = show::effective(&config.shown);
    assert!(shown.contains("server.trusted_proxies = \"10.0.1.5, 10.0.0.0/16, 2001:db8:1234::/48\""), "{shown}");
    let from_variable = load("", &[("VEND_SERVER__TRUSTED_PROXIES", "10.0.1.5, ::1")]).unwrap();
    assert_eq!(from_variable.server.trusted_proxies.len(), 2);

    let file =
        "[server]\ntrusted_proxies = [\"lb.example.com\", \"10.0.1.5/16\", \"0.0.0.0/0\", \"::ffff:10.0.0.0/104\"]";
    insta::assert_snapshot!(faults(file, &[]).join("\n"), @"
    vend.toml:2: server.trusted_proxies: `lb.example.com` will not do: give an address or a range, like 10.0.1.5 or 10.0.0.0/16.
    vend.toml:2: server.trusted_proxies: `10.0.1.5/16` will not do: give 10.0.0.0/16 for the whole range, or 10.0.1.5 for the one address.
    vend.toml:2: server.trusted_proxies: `0.0.0.0/0` will not do: it trusts everybody, and whoever is trusted may name another caller each time. Give the proxies' own addresses or subnets.
    vend.toml:2: server.trusted_proxies: `::ffff:10.0.0.0/104` will not do: write it as the IPv4 address or range it is.
    ");
}
