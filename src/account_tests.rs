use super::*;

fn check(password: &str) -> Result<(), Wrong> {
    check_password(password, "ann.lee@example.org", "Ann Lee")
}

#[test]
fn a_password_has_a_length() {
    assert_eq!(check("tiny words"), Err(Wrong::TooShort(12)));
    assert_eq!(check("いろはにほへとちりぬるを"), Ok(()));
    assert_eq!(check(&"xy z".repeat(257)), Err(Wrong::TooLong(1024)));
}

#[test]
fn ones_own_name_is_no_password() {
    for own in ["ann.lee@example.org", "Ann.Lee@Example.org1", "AnnLee annlee", "annlee-2026!!"] {
        assert_eq!(check(own), Err(Wrong::OwnName), "{own}");
    }
    assert_eq!(check("Lee likes the rain in May"), Ok(()));
    // A name that is too short to be told from chance.
    assert_eq!(check_password("bo bobs a boat", "bo@example.org", "Bo"), Ok(()));
}

#[test]
fn what_everybody_tries_first_is_no_password() {
    for common in [
        "password1234",
        "Password2026!",
        "P@ssw0rd12345",
        "letmein123456",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "AbcdAbcdAbcd",
        "123456789012",
        "098765432109",
        "abcdefghijkl",
        "zyxwvutsrqpo",
        "qwertyuiopas",
        "1qaz2wsx3edc",
        "1q2w3e4r5t6y",
        "correct horse battery staple",
        "------------",
        "!\"#$%&'()*+,-",
    ] {
        assert_eq!(check(common), Err(Wrong::Common), "{common}");
    }
    for good in [
        "correct horse battery",
        "correct horse battery staple 7",
        "passwords are boring",
        "zebra lamp 42 river",
        "7hq-22x-m0p-9sd",
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
}

#[test]
fn agents_are_told_apart() {
    let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
        Chrome/140.0.0.0 Safari/537.36";
    let edge = format!("{chrome} Edg/140.0.0.0");
    let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
        (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
    let android = "Mozilla/5.0 (Android 15; Mobile; rv:142.0) Gecko/142.0 Firefox/142.0";
    let linux = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0";
    let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like \
        Gecko) Version/18.0 Safari/605.1.15";
    for (agent, browser, system) in [
        (chrome, Some("Chrome"), Some("Windows")),
        (&edge, Some("Edge"), Some("Windows")),
        (safari, Some("Safari"), Some("iOS")),
        (android, Some("Firefox"), Some("Android")),
        (linux, Some("Firefox"), Some("Linux")),
        (mac, Some("Safari"), Some("macOS")),
        ("curl/8.5.0", Some("curl"), None),
        ("", None, None),
    ] {
        let device = Device::from_agent(agent);
        assert_eq!((device.browser.as_deref(), device.system.as_deref()), (browser, system));
    }
}
