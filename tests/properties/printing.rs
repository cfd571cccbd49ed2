//! Secrets do not print: no `Debug` of any public type shows a key, a session ID, a CSRF token, a user or a payload, in
//! any form. Logs and panics of other people's code print what they hold.

use core::fmt::Debug;
use std::collections::BTreeSet;

use sealed_session::envelope::{Header, Version, open, seal};
use sealed_session::{
    AppName, ForeignId, Keyring, KeyringError, OpenError, Purpose, RandomError, Scope, SealError, SessionId,
    SessionName, Tenant, UserId, text,
};

const FOREIGN_ID: &str = "f0re1gn-5e551000-0000-4000-8000";
const USER: &str = "ada.lovelace@example.org";
const LABEL: &str = "Difference Engine on Linux";
const DATA: &str = r#"{"balance":"1815-12-10"}"#;
const BALANCE: &str = "1815-12-10";
/// What takes the place of [`DATA`] and is merged into it.
const PATCH: &str = r#"{"sister":"Allegra"}"#;

/// Everything that was printed, and what must not be in it.
struct Printed {
    types: BTreeSet<&'static str>,
    secrets: Vec<(&'static str, Vec<u8>)>,
}

impl Printed {
    fn new() -> Self {
        let texts = [
            ("foreign ID", FOREIGN_ID),
            ("user", USER),
            ("label", LABEL),
            ("data", DATA),
            ("member of data", BALANCE),
            ("patch", PATCH),
        ];
        let mut secrets: Vec<_> = texts.map(|(name, text)| (name, text.as_bytes().to_vec())).into();
        secrets.extend(KEYS.map(|first| ("key", key(first).to_vec())));
        Self { types: BTreeSet::new(), secrets }
    }

    /// From now on this is a secret too.
    fn plant(&mut self, id: &SessionId) {
        self.secrets.push(("session ID", text::decode_any(&id.to_text()).unwrap()));
        let token = id.csrf_token(&Tenant::default());
        self.secrets.push(("CSRF token", text::decode_any(&token.to_text()).unwrap()));
        self.add(&token);
    }

    fn add<T: Debug>(&mut self, value: &T) {
        let name = core::any::type_name::<T>();
        self.types.insert(name.rsplit("::").next().unwrap());
        for printed in [format!("{value:?}"), format!("{value:#?}"), format!("{value:x?}"), format!("{value:X?}")] {
            let found = self.secrets.iter().find(|(_, secret)| shows(&printed, secret));
            assert!(found.is_none(), "{name} prints a {}: {printed}", found.unwrap().0);
        }
    }
}

/// Whether `printed` has the beginning of `secret`: as text, as base64url, in hexadecimal, or as a list of numbers.
fn shows(printed: &str, secret: &[u8]) -> bool {
    let joined = |separator: &str, number: &dyn Fn(&u8) -> String| {
        secret.iter().take(6).map(number).collect::<Vec<_>>().join(separator)
    };
    let printed: String = printed.chars().filter(|it| !it.is_whitespace() && *it != '\\').collect();
    let forms = [
        String::from_utf8_lossy(&secret[..6]).into_owned(),
        text::encode(secret)[..8].to_owned(),
        joined("", &|byte| format!("{byte:02x}")),
        joined("", &|byte| format!("{byte:02X}")),
        joined(",", &|byte| format!("{byte}")),
        joined(",", &|byte| format!("{byte:x}")),
        joined(",", &|byte| format!("{byte:X}")),
    ];
    forms.iter().any(|form| printed.contains(form))
}

#[test]
fn the_search_finds_what_prints() {
    let secret = DATA.as_bytes();
    assert!(shows(DATA, secret) && shows(&format!("{DATA:?}"), secret));
    assert!(shows(&format!("{secret:?} {secret:#?}"), secret) && shows(&format!("{secret:#?}"), secret));
    assert!(shows(&format!("{secret:x?}"), secret) && shows(&format!("{secret:X?}"), secret));
    assert!(shows(&format!("Data({})", text::encode(secret)), secret));
    assert!(!shows("Data { .. }", secret));
}

#[test]
fn no_public_type_prints_a_secret() {
    let mut printed = Printed::new();
    kernel(&mut printed);
    #[cfg(feature = "session")]
    sessions::all(&mut printed);

    let mut sources = vec![include_str!("../../src/lib.rs")];
    if cfg!(feature = "session") {
        sources.push(include_str!("../../src/session/mod.rs"));
    }
    let public: BTreeSet<&str> = sources.into_iter().flat_map(exported_types).chain(["Header", "Version"]).collect();
    assert!(public.len() > 20, "{public:?}");
    // An alias, which knows itself by no name; its test is the next.
    printed.types.insert("Members");
    let missing: Vec<_> = public.difference(&printed.types).collect();
    assert!(missing.is_empty(), "these are public and were not printed here: {missing:?}");
}

/// A request's body, or a session's data, is no less secret for having been taken apart.
#[cfg(feature = "session")]
#[test]
fn the_members_of_an_object_do_not_print() {
    let members = sealed_session::session::members(DATA.as_bytes()).unwrap();
    Printed::new().add(&members);
}

fn kernel(printed: &mut Printed) {
    let ring = ring();
    let tenant = Tenant::default();
    let id = SessionId::generate(None).unwrap();
    printed.plant(&id);
    printed.add(&ring);
    ring.key_ids().for_each(|id| printed.add(&id));
    printed.add(&Keyring::parse(&format!("{},{}", root_key(KEYS[1]), root_key(KEYS[1]))));
    printed.add(&tenant);

    let app = AppName::parse("invites").unwrap();
    printed.add(&app);
    for purpose in [Purpose::Session, Purpose::App(app)] {
        let scope = Scope::new(&ring, &tenant, &purpose);
        let subject = text::decode_any(&id.to_text()).unwrap();
        let sealed = seal(&scope, &subject, DATA.as_bytes(), 2).unwrap();
        printed.add(&purpose);
        printed.add(&scope);
        printed.add(&sealed);
        printed.add(&Header::peek(&sealed).unwrap());
        printed.add(&Version::of(&sealed).unwrap());
        printed.add(&open(&scope, &subject, &sealed, 1).unwrap());
        printed.add(&open(&scope, &subject, &sealed, 3));
    }

    let (foreign, user) = (foreign_id(), UserId::parse(USER).unwrap());
    printed.add(&id);
    printed.add(&id.to_text());
    printed.add(&id.placement());
    printed.add(&id.handle(&tenant));
    printed.add(&id.handle(&tenant).log_id(&tenant));
    printed.add(&foreign);
    printed.add(&SessionName::Native(id));
    printed.add(&SessionName::Foreign(foreign));
    printed.add(&user);
    printed.add(&user.pseudonym(&ring, &tenant).unwrap());

    printed.add(&KeyringError::Malformed);
    printed.add(&OpenError::Unauthentic);
    printed.add(&RandomError);
    printed.add(&SealError::Random);
}

/// First bytes of the keys: two root keys and the lookup key.
const KEYS: [u8; 3] = [0x91, 0xB3, 0xD5];

fn key(first: u8) -> [u8; 32] {
    core::array::from_fn(|at| first.wrapping_mul(u8::try_from(at).unwrap().wrapping_mul(2).wrapping_add(1)))
}

fn root_key(first: u8) -> String {
    crate::strategies::root_key_text(&key(first))
}

fn ring() -> Keyring {
    let lookup = text::encode(&key(KEYS[2]));
    Keyring::parse(&format!("slk1_{lookup},{},{}", root_key(KEYS[0]), root_key(KEYS[1]))).unwrap()
}

fn foreign_id() -> ForeignId {
    ForeignId::parse(FOREIGN_ID).unwrap()
}

/// The types that a file re-exports, by its `pub use` lines.
fn exported_types(source: &str) -> impl Iterator<Item = &str> {
    let statements = source.split("\npub use ").skip(1).map(|rest| rest.split(';').next().unwrap());
    let names = statements.flat_map(|path| path.rsplit("::").next().unwrap().split([',', '{', '}', '\n', ' ']));
    // Functions and constants are written otherwise.
    names.filter(|name| name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase))
}

#[cfg(feature = "session")]
mod sessions {
    use sealed_session::session::{
        Absence, Command, Condition, Context, Create, Data, DataChange, Erasure, Input, Key, Label, LifetimeField,
        Limit, Limits, Memory, Operation, Outcome, Page, Promises, Regenerate, RevokeAll, RevokedAll, SessionError,
        Settled, Step, UserPage, Write,
    };
    use sealed_session::{SessionName, Tenant, UserId};

    use super::{DATA, LABEL, PATCH, Printed, USER, foreign_id, ring};

    const NOON: u64 = 1_800_000_000_000;

    pub fn all(printed: &mut Printed) {
        for promises in [Promises::EXACT, Promises::eventual(60)] {
            let context = Context::new(&ring(), Tenant::default(), Limits::default(), promises);
            life(printed, &context);
        }
        printed.add(&Limits::default());
        printed.add(&Limit::Idle);
        printed.add(&Promises::EXACT);
        for error in [
            SessionError::InvalidLifetime(LifetimeField::Idle),
            SessionError::NoSuchSession(Absence::Unauthentic),
            SessionError::InvalidData,
        ] {
            printed.add(&error);
        }
        printed.add(&LifetimeField::Grace);
        printed.add(&Absence::Revoked);
    }

    /// A session's life, with everything that is said on the way.
    fn life(printed: &mut Printed, context: &Context) {
        let (user, label) = (UserId::parse(USER).unwrap(), Label::parse(LABEL).unwrap());
        let (data, patch) = (Data::from(DATA.as_bytes().to_vec()), Data::from(PATCH.as_bytes().to_vec()));
        let mut driver =
            Driver { context: context.clone(), store: Memory::default(), settled: Settled::new(9), now: NOON };
        printed.add(context);
        printed.add(&user);
        printed.add(&label);
        printed.add(&data);

        let create =
            Create { data: data.clone(), user: Some(user.clone()), label: Some(label.clone()), ..Create::default() };
        printed.add(&create);
        let Outcome::Created { id: Some(id), .. } = driver.run(printed, Command::Create(create.clone())) else {
            panic!("a create gave no ID")
        };
        printed.plant(&id);
        let name = SessionName::Native(id);

        for change in [DataChange::Merge(patch.clone()), DataChange::Replace(patch.clone()), DataChange::Keep] {
            printed.add(&change);
            let (user, label) = (Some(Some(user.clone())), Some(Some(label.clone())));
            let write = Write { name: name.clone(), only: None, data: change, user, label, idle: Some(7200) };
            printed.add(&write);
            driver.run(printed, Command::Write(write));
        }
        // An hour later a read touches.
        driver.now += 3_600_000;
        driver.run(printed, Command::Read { name: name.clone(), strict: true });
        driver.run(printed, Command::Peek(name.clone()));

        let regenerate = Regenerate { name: name.clone(), grace: 30, user: Some(user), data: Some(data) };
        printed.add(&regenerate);
        let Outcome::Created { id: Some(id), .. } = driver.run(printed, Command::Regenerate(regenerate)) else {
            panic!("a regenerate gave no ID")
        };
        printed.plant(&id);
        driver.run(printed, Command::Read { name: name.clone(), strict: false });
        driver.run(printed, Command::End(name));

        let create = Create { foreign_id: Some(foreign_id()), discloses_id: true, ..create };
        driver.run(printed, Command::Create(create.clone()));
        let spared = Some(SessionName::Foreign(foreign_id()));
        everything_of(printed, &mut driver, &create.user.unwrap(), spared);
        driver.run(printed, Command::End(SessionName::Foreign(foreign_id())));
    }

    /// The calls about a user, and a receipt.
    fn everything_of(printed: &mut Printed, driver: &mut Driver, user: &UserId, spared: Option<SessionName>) {
        let page = UserPage { user: user.clone(), after: None, limit: 9 };
        printed.add(&page);
        let Outcome::Listed(listed) = driver.run(printed, Command::List(page.clone())) else { panic!("no list") };
        printed.add(&listed);
        printed.add(&listed.sessions[0]);
        let Outcome::Exported(exported) = driver.run(printed, Command::Export(page)) else { panic!("no export") };
        printed.add(&exported);
        let revoke_all = RevokeAll { user: user.clone(), spared, after: None };
        printed.add(&revoke_all);
        driver.run(printed, Command::RevokeAll(revoke_all.clone()));
        driver.run(printed, Command::RevokeOne { user: user.clone(), handle: listed.sessions[0].handle });
        let all = RevokeAll { spared: None, ..revoke_all };
        let Outcome::Revoked(revoked) = driver.run(printed, Command::RevokeAll(all)) else { panic!("no revocation") };
        printed.add(&revoked);
        let RevokedAll { ended, complete_by, .. } = revoked;
        let erasure = Erasure { at: NOON, ended, complete_by, is_partial: false };
        printed.add(&erasure);
        printed.add(&driver.context.receipt(user, erasure).unwrap());
    }

    struct Driver {
        context: Context,
        store: Memory,
        settled: Settled,
        now: u64,
    }

    impl Driver {
        fn run(&mut self, printed: &mut Printed, command: Command) -> Outcome {
            printed.add(&command);
            let (mut operation, mut step) = Operation::start(command, &self.context, &mut self.settled, self.now);
            loop {
                printed.add(&operation);
                self.see(printed, &step);
                let later =
                    if let Step::Done { result, later } = &step { Some((result.clone(), later.clone())) } else { None };
                if let Some((result, changes)) = later {
                    self.store.answer(Step::Apply { when: Vec::new(), changes, not_after: None }, self.now);
                    printed.add(&self.store);
                    printed.add(&self.settled);
                    let outcome = result.unwrap();
                    if let Outcome::Session(session) | Outcome::Created { session, .. } = &outcome {
                        printed.add(session);
                    }
                    printed.add(&outcome);
                    return outcome;
                }
                let input = self.store.answer(step, self.now);
                printed.add(&input);
                step = operation.resume(input, &mut self.settled, self.now);
            }
        }

        /// A step, and what a driver takes out of it.
        fn see(&self, printed: &mut Printed, step: &Step) {
            printed.add(step);
            let Step::Apply { when, changes, .. } = step else { return };
            for condition in when {
                printed.add(condition);
            }
            for change in changes {
                printed.add(change);
                printed.add(&change.key());
                printed.add(&Condition::Absent(change.key()));
                if let Key::User(user, handle) = change.key() {
                    let entries = vec![(handle, self.store.get(&change.key(), 0).unwrap_or_default().to_vec())];
                    let page = Page { entries, next: Some(change.key().to_string()) };
                    printed.add(&page);
                    printed.add(&Input::Page(page));
                    printed.add(&Step::List { user, after: Some(change.key().to_string()), limit: 1 });
                }
            }
        }
    }
}
