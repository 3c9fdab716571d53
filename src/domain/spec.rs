//! What is asked for: the parameters a person gives, and the pinned form whose
//! hash is approved and must still match when the account is created (P5).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::person::Requester;
use super::set::SetSpec;

/// How the account will be used; the policy decides by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub enum AccountType {
    /// Runs something people depend on.
    Production,
    /// For trying things out.
    Sandbox,
}

impl AccountType {
    /// Both, in the order they are offered.
    pub const ALL: [Self; 2] = [Self::Production, Self::Sandbox];

    /// The word shown to people and used in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Production => "Production",
            Self::Sandbox => "Sandbox",
        }
    }

    /// Reads the word, without regard to case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.word().eq_ignore_ascii_case(text.trim()))
    }
}

/// An organizational unit in the form Account Factory takes: `Name (ou-xxxx-xxxxxxxx)`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganizationalUnit {
    /// The plain name, shown in choices.
    pub name: String,
    /// The id, like `ou-ab12-3c4d5e6f`.
    pub id: String,
}

impl fmt::Display for OrganizationalUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.id)
    }
}

impl FromStr for OrganizationalUnit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "an organizational unit is written `Name (ou-xxxx-xxxxxxxx)`";
        let inner = text.trim().strip_suffix(')').ok_or(wrong)?;
        let (name, id) = inner.rsplit_once(" (").ok_or(wrong)?;
        if name.is_empty() || !id.starts_with("ou-") {
            return Err(wrong);
        }
        Ok(Self { name: name.to_owned(), id: id.to_owned() })
    }
}

impl Serialize for OrganizationalUnit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OrganizationalUnit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The fields as a person gave them, unchecked; every channel fills this and
/// nothing else, so every channel gets the same checks and the same words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// `Production` or `Sandbox`.
    #[serde(default)]
    pub account_type: Option<String>,
    /// E-mail address of the account's root user; must be unused anywhere in AWS.
    #[serde(default)]
    pub root_email: Option<String>,
    /// Plain name or full form `Name (ou-id)`.
    #[serde(default)]
    pub organizational_unit: Option<String>,
    /// Derived from the root e-mail and the type when absent.
    #[serde(default)]
    pub account_name: Option<String>,
    /// Blueprint id, or `none`.
    #[serde(default)]
    pub blueprint: Option<String>,
    /// The blueprint's parameters that are asked for, as text.
    #[serde(default)]
    pub blueprint_parameters: BTreeMap<String, String>,
    /// Why the account is needed, for the approver.
    #[serde(default)]
    pub purpose: Option<String>,
    /// Cost centre to tag the account with.
    #[serde(default)]
    pub cost_centre: Option<String>,
    /// More tags for the account.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// A checked, complete request for one account. Pinned at submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSpec {
    /// Production or Sandbox.
    pub account_type: AccountType,
    /// 1–50 printable ASCII characters.
    pub account_name: String,
    /// The account's root user.
    pub root_email: String,
    /// Where Control Tower puts the account.
    pub organizational_unit: OrganizationalUnit,
    /// The blueprint, or none for an empty account.
    pub blueprint: Option<BlueprintChoice>,
    /// Where its stacks are made, like `eu-central-1`; none: the installation's region.
    // Left out of the hashed text when there is none, as it was before there were regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Why; one line.
    pub purpose: String,
    /// Tag `cost-centre`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_centre: Option<String>,
    /// More tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The whole set, where three accounts are asked for under one approval. The fields
    /// above then tell of the set as one: its name, and how its prod account stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Box<SetSpec>>,
}

/// A blueprint at one version with every parameter resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlueprintChoice {
    /// Catalogue id, like `ml-workload-prod`.
    pub id: String,
    /// The catalogue version at submission.
    pub version: String,
    /// All parameters, defaults included.
    pub parameters: BTreeMap<String, String>,
}

/// SHA-256, in hex, over everything the approver saw and Account Factory will get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpecHash(String);

impl SpecHash {
    /// Hashes the pinned parameters together with the person who becomes administrator.
    #[must_use]
    pub fn of(spec: &AccountSpec, requester: &Requester) -> Self {
        let pinned = serde_json::json!({
            "spec": spec,
            "sso_user": [requester.email, requester.first_name, requester.last_name],
        });
        // `serde_json` maps are ordered by key here, so the text is canonical.
        Self(hex(&Sha256::digest(pinned.to_string())))
    }

    /// The hash as lower-case hex.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lower-case hex of some bytes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    text
}
