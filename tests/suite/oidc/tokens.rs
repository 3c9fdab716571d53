//! Every kind of token that is not good is a 401 of one type, and says nothing of itself.

use axum::http::Method;
use serde_json::{Value, json};

use super::world;
use crate::fakes::issuer::{ALGORITHMS, AUDIENCE, KeyRing, PlayedIssuer, rsa_public_der, signed_with_hmac, text};
use crate::fakes::world::World;

const GRACE: &str = "grace@example.com";

/// The answer to a list of requests, asked for with this token.
async fn answered(world: &World, token: &str) -> (u16, String) {
    let answer = world.with(token).get("/api/v1/requests").await;
    if answer.status != 200 {
        answer.must_be_a_problem(answer.status);
    }
    let problem = answer.status != 200;
    (answer.status, if problem { answer.json()["type"].as_str().unwrap().to_owned() } else { String::new() })
}

#[tokio::test]
async fn every_algorithm_that_needs_a_private_key_is_taken() {
    let (world, issuer) = world().await;
    for alg in ALGORITHMS {
        let token = issuer.ring().sign(alg, &issuer.claims(GRACE));
        assert_eq!(answered(&world, &token).await.0, 200, "{alg}");
    }
}

/// What is wrong, the claims it is wrong with, and the word of the answer that says so.
fn wrong_claims(issuer: &PlayedIssuer) -> Vec<(&'static str, Value, &'static str)> {
    let now = issuer.claims(GRACE)["iat"].as_i64().unwrap();
    let with = |name: &str, value: Value| {
        let mut claims = issuer.claims(GRACE);
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = issuer.claims(GRACE);
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    vec![
        ("another issuer", with("iss", json!("https://evil.example")), "another issuer"),
        ("the issuer with a slash", with("iss", json!(format!("{}/", issuer.url()))), "another issuer"),
        ("two issuers", with("iss", json!([issuer.url()])), "cannot be read"),
        ("no issuer", without("iss"), "cannot be read"),
        ("another audience", with("aud", json!("other")), "another audience"),
        ("part of the audience", with("aud", json!(["ven", "vend2"])), "another audience"),
        ("no audience", without("aud"), "cannot be read"),
        ("expired", with("exp", json!(now - 61)), "expired"),
        ("no end", without("exp"), "cannot be read"),
        ("an end in words", with("exp", json!("never")), "cannot be read"),
        ("not yet valid", with("nbf", json!(now + 61)), "not valid yet"),
        ("made in the future", with("iat", json!(now + 61)), "not valid yet"),
        ("no address", without("email"), "no e-mail address"),
        ("an empty address", with("email", json!("")), "no e-mail address"),
        ("two addresses", with("email", json!("a@example.com,grace@example.com")), "no e-mail address"),
        ("an address with blanks", with("email", json!(" grace@example.com")), "no e-mail address"),
        ("an unverified address", with("email_verified", json!(false)), "not verified"),
        ("an unverified address in words", with("email_verified", json!("false")), "not verified"),
        ("bound to a key", with("cnf", json!({"jkt": "abc"})), "bearer token"),
        ("no claims at all", json!([]), "cannot be read"),
    ]
}

#[tokio::test]
async fn a_signed_token_that_says_the_wrong_thing_is_refused_and_told_why() {
    let (world, issuer) = world().await;
    for (what, claims, word) in wrong_claims(&issuer) {
        let answer = world.with(&issuer.ring().sign("ES256", &claims)).get("/api/v1/requests").await;
        answer.must_be_a_problem(401);
        assert_eq!(answer.json()["type"], "urn:vend:problem:bad-token", "{what}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert!(answer.text().contains(word) && !answer.text().contains(GRACE), "{what}: {}", answer.text());
    }
    // The clocks of two machines differ a little, an audience may be one of several, a time may have a fraction.
    let now = issuer.claims(GRACE)["iat"].as_i64().unwrap();
    for (name, value) in [
        ("exp", json!(now - 59)),
        ("nbf", json!(now + 59)),
        ("aud", json!(["other", AUDIENCE])),
        ("exp", json!(1_999_999_999.5)),
        ("email_verified", json!("true")),
    ] {
        let mut claims = issuer.claims(GRACE);
        claims[name] = value;
        assert_eq!(answered(&world, &issuer.ring().sign("PS256", &claims)).await.0, 200, "{name}");
    }
    let text = format!(r#"{{"email":"eve@example.com",{}"#, &issuer.claims(GRACE).to_string()[1..]);
    let twice = issuer.ring().sign_text("ES256", &text);
    assert_eq!(answered(&world, &twice).await.0, 401, "an address that stands there twice");
}

/// Tokens that are not signed by the issuer, with good claims.
fn forged(issuer: &PlayedIssuer) -> Vec<(&'static str, String)> {
    let (ring, claims) = (issuer.ring(), issuer.claims(GRACE));
    let good = ring.sign("RS256", &claims);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let stranger = KeyRing::new("first");
    let header = |alg: &str| json!({"alg": alg, "kid": ring.kid("RS256")});
    let unsigned =
        |alg: &str| format!("{}.{}.", text(header(alg).to_string().as_bytes()), text(claims.to_string().as_bytes()));
    let public = rsa_public_der(&ring.rsa);
    let mut huge = claims.clone();
    huge["padding"] = json!("x".repeat(20_000));
    let own_key = json!({"alg": "EdDSA", "kid": ring.kid("EdDSA"), "jwk": stranger.public()[3]});
    let mut claims_of_eve = claims.clone();
    claims_of_eve["email"] = json!("eve@example.com");
    let swapped =
        format!("{}.{}.{signature}", signed.split('.').next().unwrap(), text(claims_of_eve.to_string().as_bytes()));
    vec![
        ("none", unsigned("none")),
        ("None", unsigned("None")),
        ("no signature", format!("{signed}.")),
        ("HS256 with the public key", signed_with_hmac(&public, &header("HS256"), &claims)),
        ("HS256 with the public key, called RS256", signed_with_hmac(&public, &header("RS256"), &claims)),
        ("HS512", signed_with_hmac(&public, &header("HS512"), &claims)),
        ("ES256K", ring.sign_with("ES256", &json!({"alg": "ES256K", "kid": ring.kid("ES256")}), &claims)),
        ("another algorithm than said", ring.sign_with("PS256", &header("RS256"), &claims)),
        ("a key of another kind", ring.sign_with("ES256", &json!({"alg": "ES256", "kid": ring.kid("RS256")}), &claims)),
        ("somebody else's key under our name", stranger.sign("RS256", &claims)),
        ("a key it brings along", stranger.sign_with("EdDSA", &own_key, &claims)),
        ("an unknown key", KeyRing::new("invented").sign("RS256", &claims)),
        ("a key for encryption", ring.sign_with("RS256", &json!({"alg": "RS256", "kid": "for-encryption"}), &claims)),
        (
            "no name for the key where two may be meant",
            KeyRing::new("x").sign_with("RS256", &json!({"alg": "RS256"}), &claims),
        ),
        (
            "an extension",
            ring.sign_with(
                "RS256",
                &json!({"alg": "RS256", "kid": ring.kid("RS256"), "crit": ["b64"], "b64": false}),
                &claims,
            ),
        ),
        (
            "a logout token",
            ring.sign_with("RS256", &json!({"alg": "RS256", "kid": ring.kid("RS256"), "typ": "logout+jwt"}), &claims),
        ),
        ("other claims under a good signature", swapped),
        ("cut short", good[..good.len() - 4].to_owned()),
        ("only a head", signed.split('.').next().unwrap().to_owned()),
        ("a part too many", format!("{good}.{signature}")),
        ("padded", format!("{good}==")),
        ("huge, although signed", ring.sign("ES256", &huge)),
        ("junk", "junk".to_owned()),
    ]
}

#[tokio::test]
async fn a_token_that_the_issuer_did_not_sign_is_refused() {
    let (world, issuer) = world().await;
    assert_eq!(answered(&world, &issuer.token(GRACE)).await.0, 200);
    for (what, token) in forged(&issuer) {
        assert_eq!(answered(&world, &token).await, (401, "urn:vend:problem:bad-token".to_owned()), "{what}");
    }
    let nobody = world.get("/api/v1/requests").await;
    nobody.must_be_a_problem(401);
    assert_eq!(nobody.json()["type"], "urn:vend:problem:unauthorized");
    let odd = world.anyone().call(Method::GET, "/api/v1/requests", &[("authorization", "Bearer \u{fc}")], "").await;
    odd.must_be_a_problem(401);
}

/// The claims are somebody's, the signature is good: what is signed for one key alone is not for any other.
#[tokio::test]
async fn a_token_without_a_keys_name_is_refused_where_two_may_be_meant() {
    let (world, issuer) = world().await;
    let first = issuer.ring();
    issuer.publish_too(&KeyRing::new("second"));
    let unnamed = first.sign_with("ES384", &json!({"alg": "ES384"}), &issuer.claims(GRACE));
    assert_eq!(answered(&world, &unnamed).await.0, 401);
    assert_eq!(answered(&world, &first.sign("ES384", &issuer.claims(GRACE))).await.0, 200);
}

#[tokio::test]
async fn a_key_without_a_name_is_used_where_no_other_can_be_meant() {
    let (world, issuer) = world().await;
    let ring = issuer.ring();
    let unnamed = ring.sign_with("ES384", &json!({"alg": "ES384"}), &issuer.claims(GRACE));
    assert_eq!(answered(&world, &unnamed).await.0, 200);
}
