//! What a person is told about a draft, and when a spec comes of it.

use proptest::prelude::*;

use super::*;
use crate::domain::person::Requester;
use crate::domain::preflight::Check;

/// Everything that was "looked up", owned.
struct World {
    units: Vec<OrganizationalUnit>,
    catalogue: Catalogue,
    policy: Policy,
    emails: BTreeSet<String>,
    names: BTreeSet<String>,
    open: usize,
    headroom: Option<u32>,
    values: BTreeMap<String, String>,
    held: Vec<Ipv4Net>,
}

fn world() -> World {
    let unit = |name: &str, id: &str| OrganizationalUnit { name: name.into(), id: format!("ou-ab12-{id}") };
    World {
        units: vec![unit("Demos", "11111111"), unit("Experiment", "22222222"), unit("Twin", "3"), unit("Twin", "4")],
        catalogue: Catalogue::shipped(),
        policy: Policy::shipped(),
        emails: BTreeSet::from(["taken@corp.example".to_owned()]),
        names: BTreeSet::from(["fraud-sandbox".to_owned(), "fraud-sandbox-2".to_owned()]),
        open: 0,
        headroom: None,
        values: BTreeMap::from([("VpcCidr".to_owned(), "10.16.0.0/16".to_owned())]),
        held: Vec::new(),
    }
}

impl World {
    fn check(&self, draft: &Draft) -> (Checklist, Option<AccountSpec>) {
        self.check_for(draft, &dana())
    }

    fn check_for(&self, draft: &Draft, requester: &Requester) -> (Checklist, Option<AccountSpec>) {
        let facts = Facts {
            organizational_units: &self.units,
            blueprints: &self.catalogue,
            policy: &self.policy,
            taken_emails: &self.emails,
            taken_names: &self.names,
            open_requests: self.open,
            headroom: self.headroom,
            blueprint_values: &self.values,
            held_ranges: &self.held,
        };
        check(draft, requester, &facts)
    }

    /// The one fault of this draft, as field and sentence.
    fn fault(&self, draft: &Draft) -> (String, String) {
        let (list, spec) = self.check(draft);
        let faults: Vec<&Check> = list.faults().collect();
        assert_eq!((faults.len(), spec), (1, None), "{faults:#?}");
        (faults[0].field.clone(), faults[0].text.clone())
    }
}

fn dana() -> Requester {
    let name = |text: &str| text.to_owned();
    Requester { email: name("dana@corp.example"), first_name: name("Dana"), last_name: name("Diaz"), slack: None }
}

fn draft() -> Draft {
    let some = |text: &str| Some(text.to_owned());
    Draft {
        account_type: some("sandbox"),
        root_email: some("<mailto:Fraud-Root@corp.example|Fraud-Root@corp.example>"),
        organizational_unit: some(" demos "),
        purpose: some("score\nfraud"),
        ..Draft::default()
    }
}

fn with(change: impl FnOnce(&mut Draft)) -> Draft {
    let mut draft = draft();
    change(&mut draft);
    draft
}

fn fields(list: &Checklist) -> Vec<&str> {
    list.0.iter().map(|check| check.field.as_str()).collect()
}

#[test]
fn a_good_draft_becomes_a_spec_with_facts_for_the_approver() {
    let (list, spec) = world().check(&draft());
    assert!(list.is_clear(), "{list:#?}");
    let spec = spec.unwrap();
    assert_eq!(spec.account_type, AccountType::Sandbox);
    assert_eq!(spec.root_email, "Fraud-Root@corp.example");
    assert_eq!(spec.organizational_unit.to_string(), "Demos (ou-ab12-11111111)");
    assert_eq!(spec.account_name, "fraud-sandbox-3", "the first free derived name");
    assert_eq!((spec.blueprint, spec.purpose.as_str(), spec.cost_centre), (None, "score fraud", None));
    let order = [
        "requester",
        "account_type",
        "root_email",
        "organizational_unit",
        "account_name",
        "blueprint",
        "purpose",
        "approval",
    ];
    assert_eq!(fields(&list), order);
    assert_eq!(list.0[2].text, "Root e-mail Fraud-Root@corp.example is well-formed and not in use here");
    assert_eq!(list.0[7].text, "Sandbox accounts: 1 approval from approver@example.com");
}

#[test]
fn an_empty_draft_is_told_everything_it_lacks_at_once() {
    let (list, spec) = world().check(&Draft::default());
    assert_eq!(spec, None);
    let faults: Vec<(&str, &str)> = list.faults().map(|c| (c.field.as_str(), c.text.as_str())).collect();
    assert_eq!(faults[0], ("account_type", "Say which account type you want: Production or Sandbox."));
    assert_eq!(
        faults.iter().map(|(field, _)| *field).collect::<Vec<_>>(),
        ["account_type", "root_email", "organizational_unit", "purpose"]
    );
    assert!(faults.iter().all(|(_, text)| text.ends_with('.')));
}

#[test]
fn every_bad_field_is_told_at_its_own_name() {
    let table = [
        (with(|d| d.account_type = Some("Staging".into())), "account_type", "Choose Production or Sandbox"),
        (with(|d| d.root_email = Some("TAKEN@corp.example".into())), "root_email", "already in use"),
        (with(|d| d.organizational_unit = Some("Demo".into())), "organizational_unit", "Did you mean Demos?"),
        (
            with(|d| d.organizational_unit = Some("Zoo".into())),
            "organizational_unit",
            "\"Zoo\". Choose one of: Demos, Exp",
        ),
        (
            with(|d| d.organizational_unit = Some("twin".into())),
            "organizational_unit",
            "Twin (ou-ab12-3), Twin (ou-ab12-4)",
        ),
        (with(|d| d.account_name = Some("Fraud-Sandbox".into())), "account_name", "Choose another name"),
        (with(|d| d.account_name = Some("b\u{e4}d".into())), "account_name", "ASCII"),
        (with(|d| d.blueprint = Some("mlops-esk".into())), "blueprint", "Did you mean mlops-e"),
        (with(|d| d.blueprint = Some("ml-workload-prod".into())), "blueprint", "is not for Sandbox accounts"),
        (with(|d| d.purpose = Some(" \u{200B}".into())), "purpose", "what the account is for"),
        (with(|d| d.cost_centre = Some("a;b".into())), "cost_centre", "characters"),
        (with(|d| drop(d.tags.insert("aws:x".into(), "1".into()))), "tags", "aws:"),
        (
            with(|d| drop(d.blueprint_parameters.insert("AzCount".into(), "2".into()))),
            "blueprint_parameters.AzCount",
            "need a blueprint",
        ),
    ];
    for (draft, field, words) in table {
        let fault = world().fault(&draft);
        assert_eq!(fault.0, field);
        assert!(fault.1.contains(words), "{field}: {}", fault.1);
    }
}

#[test]
fn blueprint_parameters_are_told_one_by_one() {
    let wrong = with(|d| {
        d.blueprint = Some(" ML-Workload-Nonprod".into());
        d.blueprint_parameters.insert("AzCount".into(), "7".into());
        d.blueprint_parameters.insert("Colour".into(), "blue".into());
    });
    let (list, spec) = world().check(&wrong);
    let mut faulty: Vec<&str> = list.faults().map(|check| check.field.as_str()).collect();
    faulty.sort_unstable();
    assert_eq!((faulty, spec), (vec!["blueprint_parameters.AzCount", "blueprint_parameters.Colour"], None));
}

#[test]
fn a_blueprint_is_pinned_with_its_version_and_all_parameters() {
    let chosen = with(|d| {
        d.blueprint = Some("ml-workload-nonprod".into());
        d.blueprint_parameters.insert("AzCount".into(), "3".into());
    });
    let (list, spec) = world().check(&chosen);
    assert!(list.is_clear(), "{list:#?}");
    let choice = spec.unwrap().blueprint.unwrap();
    let known = Catalogue::shipped();
    let blueprint = known.get("ml-workload-nonprod").unwrap();
    assert_eq!((choice.id.as_str(), &choice.version), ("ml-workload-nonprod", &blueprint.version));
    assert_eq!(choice.parameters["AzCount"], "3");
    assert!(choice.parameters.len() > 1, "defaults are pinned too");
}

#[test]
fn a_unit_may_be_given_by_name_full_form_or_id() {
    for (text, id) in [
        ("Experiment", "ou-ab12-22222222"),
        ("EXPERIMENT (ou-ab12-22222222)", "ou-ab12-22222222"),
        ("Twin (ou-ab12-4)", "ou-ab12-4"),
        ("ou-ab12-3", "ou-ab12-3"),
    ] {
        let (_, spec) = world().check(&with(|d| d.organizational_unit = Some(text.into())));
        assert_eq!(spec.expect(text).organizational_unit.id, id);
    }
    let none = World { units: Vec::new(), ..world() };
    assert!(none.fault(&draft()).1.contains("offers no organizational units"));
    assert_eq!(
        world().fault(&with(|d| d.organizational_unit = Some("Demos (ou-ab12-22222222)".into()))).0,
        "organizational_unit"
    );
}

#[test]
fn the_requester_must_be_complete_allowed_and_under_the_limit() {
    let nameless = Requester { first_name: " ".into(), last_name: String::new(), email: "dana".into(), ..dana() };
    let (list, spec) = world().check_for(&draft(), &nameless);
    assert_eq!((list.faults().count(), spec), (3, None));
    let busy = World { open: 5, ..world() };
    assert_eq!(busy.fault(&draft()).0, "requester");
    let closed = World { policy: Policy::default(), ..world() };
    let (list, _) = closed.check(&with(|d| d.account_type = None));
    assert!(list.faults().any(|check| check.field == "requester"), "told even before the type is known");
}

#[test]
fn a_request_nobody_could_approve_or_create_is_refused_before_anyone_is_asked() {
    let approver = Requester { email: "Approver@example.com".into(), ..dana() };
    let strict = World { policy: Policy::shipped().without_local_operator(), ..world() };
    let (list, spec) = strict.check_for(&draft(), &approver);
    assert_eq!(list.faults().map(|check| check.field.as_str()).collect::<Vec<_>>(), ["approval"]);
    assert_eq!(spec, None);
    let full = World { headroom: Some(0), ..world() };
    assert_eq!(full.fault(&draft()).0, "account_quota");
    let (list, _) = World { headroom: Some(1), ..world() }.check(&draft());
    assert!(list.0.iter().any(|check| check.text == "The organization has room for 1 more account"));
}

#[test]
fn names_are_derived_from_what_the_address_tells() {
    for (email, first) in [
        ("fraud-root@corp.example", "fraud-sandbox"),
        ("aws+fraud.team@corp.example", "fraud-team-sandbox"),
        ("aws-root@corp.example", "aws-root-sandbox"),
        ("{}@corp.example", "account-sandbox"),
        (
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bb@c.example",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-sandbox",
        ),
    ] {
        let names = names_to_look_up(&with(|d| d.root_email = Some(email.into())));
        assert_eq!(names.root_email.as_deref(), Some(email));
        assert_eq!(names.account_names[0], first);
        assert!(names.account_names.iter().all(|name| validate::account_name(name).as_ref() == Ok(name)));
        assert_eq!(names.account_names.iter().collect::<BTreeSet<_>>().len(), 20, "all different");
    }
    let own = names_to_look_up(&with(|d| d.account_name = Some(" Mine ".into())));
    assert_eq!(own.account_names, ["Mine"]);
    assert_eq!(names_to_look_up(&Draft::default()), NamesToLookUp::default());
}

#[test]
fn when_every_derived_name_is_taken_a_person_must_choose() {
    let all = names_to_look_up(&draft()).account_names.into_iter().collect();
    let crowded = World { names: all, ..world() };
    let (field, text) = crowded.fault(&draft());
    assert_eq!(field, "account_name");
    assert!(text.contains("Give the account a name"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_draft_gets_an_answer_and_a_spec_exactly_when_clear(
        texts in proptest::collection::vec(proptest::option::of("\\PC{0,30}"), 6),
        good in proptest::collection::vec(any::<bool>(), 6),
    ) {
        let pick = |i: usize, own: Option<String>| if good[i] { own } else { texts[i].clone() };
        let base = draft();
        let mixed = Draft {
            account_type: pick(0, base.account_type),
            root_email: pick(1, base.root_email),
            organizational_unit: pick(2, base.organizational_unit),
            account_name: pick(3, None),
            blueprint: pick(4, None),
            purpose: pick(5, base.purpose),
            ..Draft::default()
        };
        let (list, spec) = world().check(&mixed);
        prop_assert_eq!(list.is_clear(), spec.is_some());
        prop_assert!(list.0.iter().all(|check| !check.text.is_empty() && !check.text.contains('\n')));
        let _ = names_to_look_up(&mixed);
    }
}

#[test]
fn every_account_has_a_range_of_its_own_and_a_range_of_ones_own_must_be_free() {
    let mut world = world();
    let asked = |range: Option<&str>| {
        with(|draft| {
            draft.blueprint = Some("ml-workload-nonprod".into());
            draft.blueprint_parameters =
                range.map(|range| ("VpcCidr".to_owned(), range.to_owned())).into_iter().collect();
        })
    };
    let (list, spec) = world.check(&asked(None));
    assert_eq!(spec.unwrap().blueprint.unwrap().parameters["VpcCidr"], "10.16.0.0/16");
    assert!(list.0.iter().any(|check| check.text == "VpcCidr is 10.16.0.0/16, which no other account has"));
    world.held = vec!["10.20.4.0/22".parse().unwrap()];
    let (field, sentence) = world.fault(&asked(Some("10.20.0.0/16")));
    assert_eq!(field, "blueprint_parameters.VpcCidr");
    assert!(sentence.starts_with("10.20.0.0/16 shares addresses with 10.20.4.0/22"), "{sentence}");
    assert!(world.check(&asked(Some("10.21.0.0/16"))).0.is_clear());
    world.values.clear();
    let (_, sentence) = world.fault(&asked(None));
    assert!(sentence.starts_with("No free range is left for VpcCidr"), "{sentence}");
}
