//! `docs/cli.md` holds every command's own help, word for word.

use super::run::Vend;

const COMMANDS: &[&str] = &[
    "",
    "serve",
    "chat",
    "requests",
    "requests list",
    "requests show",
    "requests watch",
    "requests create",
    "requests approve",
    "requests deny",
    "requests cancel",
    "requests retry",
    "requests rollback",
    "requests artefacts",
    "doctor",
    "blueprints",
    "blueprints list",
    "blueprints show",
    "blueprints check",
    "blueprints portfolio",
    "bot",
    "bot check",
    "bot render",
    "policy check",
    "approvers",
    "approvers sync",
    "approvers confirm",
    "cdk-app",
    "cdk-app check",
    "cdk-app add",
    "store",
    "store create",
    "audit",
    "audit verify",
    "audit export",
    "config",
    "config check",
    "config show",
    "config sample",
    "tokens new",
];

#[test]
fn the_manual_holds_the_help_of_every_command() {
    let manual = include_str!("../../../docs/cli.md");
    let vend = Vend::new(&[]);
    let section = |command: &&str| {
        let help = vend.run(&[&command.split_whitespace().collect::<Vec<_>>()[..], &["--help"]].concat()).with_code(0);
        format!("## `{}`\n\n```text\n{}\n```\n", format!("vend {command}").trim(), help.out.trim_end())
    };
    let missing: Vec<_> = COMMANDS.iter().map(section).filter(|section| !manual.contains(section)).collect();
    assert!(missing.is_empty(), "docs/cli.md lacks these sections:\n{}", missing.join("\n"));
}
