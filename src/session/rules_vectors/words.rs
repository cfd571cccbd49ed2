//! The file's names for sessions, users and keys, and what they mean here.

use std::collections::BTreeMap;

use super::file::{Call, Case, CreateForm, File, LimitsForm, PageForm, StoreForm, WriteForm};
use super::store::Shelf;
use crate::envelope::{Header, Version};
use crate::id::{ForeignId, Handle, Placement, SessionId, SessionName, UserId};
use crate::key::{KeyId, Keyring};
use crate::scope::{Purpose, Scope, Tenant};
use crate::session::{
    Command, Context, Create, Data, DataChange, Key, Label, Limits, Promises, Regenerate, RevokeAll, SessionError,
    UserPage, Write,
};

/// What the names in one case mean.
pub(super) struct Words {
    pub(super) context: Context,
    /// Seals under a root key that still opens, but no longer seals.
    pub(super) older: Context,
    /// Seals under a root key that the keyring does not have.
    pub(super) unknown: Context,
    /// The scope of records, for payloads that are none.
    pub(super) scope: Scope,
    sealing_key: KeyId,
    names: BTreeMap<String, SessionName>,
    handles: BTreeMap<Handle, String>,
    ids: BTreeMap<Handle, SessionId>,
    users: Vec<String>,
}

impl Words {
    pub(super) fn of(file: &File, case: &Case, kind: &str) -> Self {
        let promises = match file.stores[kind] {
            StoreForm::Exact {} => Promises::EXACT,
            StoreForm::Eventual { visibility } => Promises::eventual(visibility.0),
        };
        let tenant = Tenant::parse(&file.tenant).unwrap();
        let limits = limits(case.limits, limits(file.limits, Limits::default()));
        let context = |ring: &str| Context::new(&Keyring::parse(ring).unwrap(), tenant.clone(), limits, promises);
        let ring = Keyring::parse(&file.keyring).unwrap();

        let mut words = Self {
            context: context(&file.keyring),
            older: context(&file.older_keyring),
            unknown: context(&file.unknown_keyring),
            scope: Scope::new(&ring, &tenant, &Purpose::Session),
            sealing_key: ring.key_ids().next().unwrap(),
            names: BTreeMap::new(),
            handles: BTreeMap::new(),
            ids: BTreeMap::new(),
            users: file.users.clone(),
        };
        for (name, hex) in &file.sessions {
            let id = SessionId::parse(&crate::text::encode(&unhex(hex))).unwrap();
            words.names.insert(name.clone(), SessionName::Native(id));
        }
        for (name, id) in &file.foreign {
            words.names.insert(name.clone(), SessionName::Foreign(ForeignId::parse(id).unwrap()));
        }
        for (name, session) in &words.names {
            let id = words.context.session_id(session).unwrap();
            let handle = id.handle(words.context.tenant());
            words.handles.insert(handle, name.clone());
            words.ids.insert(handle, id);
        }
        words
    }

    /// A handle that nobody named yet belongs to an ID that the operation made.
    pub(super) fn learn(&mut self, key: &Key) {
        let (Key::Activity(handle)
        | Key::Ended(handle)
        | Key::Final(handle)
        | Key::Session(handle)
        | Key::User(_, handle)) = key
        else {
            return;
        };
        if self.handles.contains_key(handle) {
            return;
        }
        let made = self.handles.values().filter(|name| name.starts_with("new")).count();
        let name = if made == 0 { "new".to_owned() } else { format!("new{}", made + 1) };
        self.handles.insert(*handle, name);
    }

    /// The answer told a new ID. What was sealed under it can be opened from now on.
    pub(super) fn learn_id(&mut self, id: &SessionId) {
        self.ids.insert(id.handle(self.context.tenant()), id.clone());
    }

    /// Whether an envelope was sealed with the key that seals today.
    pub(super) fn seals_with(&self, header: Header) -> bool {
        header.key_id == self.sealing_key
    }

    /// The ID behind a handle, where somebody was told.
    pub(super) fn id(&self, handle: Handle) -> Option<&SessionId> {
        self.ids.get(&handle)
    }

    pub(super) fn handle(&self, name: &str) -> Handle {
        self.known(name).unwrap_or_else(|| panic!("no session is named {name}"))
    }

    pub(super) fn known(&self, name: &str) -> Option<Handle> {
        self.handles.iter().find(|(_, known)| *known == name).map(|(handle, _)| *handle)
    }

    pub(super) fn name(&self, handle: Handle) -> &str {
        self.handles.get(&handle).map_or("?", String::as_str)
    }

    pub(super) fn is_foreign(&self, name: &str) -> bool {
        self.names.get(name).is_some_and(SessionName::is_foreign)
    }

    fn user_of(&self, key: &Key) -> Option<&str> {
        let (Key::Revoked(owner) | Key::User(owner, _)) = key else { return None };
        let is_owner = |user: &&String| self.context.pseudonym(&UserId::parse(user).unwrap()).unwrap() == *owner;
        self.users.iter().find(is_owner).map(String::as_str)
    }

    /// The user of an entry.
    pub(super) fn user(&self, key: &Key) -> UserId {
        UserId::parse(self.user_of(key).unwrap()).unwrap()
    }

    pub(super) fn key(&self, text: &str) -> Key {
        let pseudonym = |user: &str| {
            assert!(self.users.iter().any(|known| known == user), "{user} is not among the users");
            self.context.pseudonym(&UserId::parse(user).unwrap()).unwrap()
        };
        let (kind, name) = text.split_once(':').unwrap_or_else(|| panic!("{text} is not a key"));
        match kind {
            "a" => Key::Activity(self.handle(name)),
            "e" => Key::Ended(self.handle(name)),
            "f" => Key::Final(self.handle(name)),
            "r" => Key::Revoked(pseudonym(name)),
            "s" => Key::Session(self.handle(name)),
            "u" => {
                let (user, session) = name.split_once(':').unwrap_or_else(|| panic!("{text} names no session"));
                Key::User(pseudonym(user), self.handle(session))
            }
            _ => panic!("{text} is not a key"),
        }
    }

    pub(super) fn key_text(&self, key: &Key) -> String {
        let user = self.user_of(key).unwrap_or("?");
        match key {
            Key::Activity(handle) => format!("a:{}", self.name(*handle)),
            Key::Ended(handle) => format!("e:{}", self.name(*handle)),
            Key::Final(handle) => format!("f:{}", self.name(*handle)),
            Key::Revoked(_) => format!("r:{user}"),
            Key::Session(handle) => format!("s:{}", self.name(*handle)),
            Key::User(_, handle) => format!("u:{user}:{}", self.name(*handle)),
        }
    }

    /// The command that a call means, or what parsing it already refuses.
    pub(super) fn command(&self, call: &Call, store: &Shelf) -> Result<Command, SessionError> {
        Ok(match call {
            Call::Create(create) => Command::Create(self.create(create)?),
            Call::End(end) => Command::End(self.session(&end.id)),
            Call::Export(page) => Command::Export(self.page(page)),
            Call::List(page) => Command::List(self.page(page)),
            Call::RevokeAll(call) => Command::RevokeAll(RevokeAll {
                user: user(&call.user),
                spared: call.spared.as_deref().map(|name| self.session(name)),
                after: call.after.as_deref().map(|name| self.cursor(&call.user, name)),
            }),
            Call::RevokeOne(call) => Command::RevokeOne { user: user(&call.user), handle: self.handle(&call.session) },
            Call::Patch(patch) => Command::Write(self.write(patch, store, DataChange::Merge)),
            Call::Peek(peek) => Command::Peek(self.session(&peek.id)),
            Call::Read(read) => Command::Read { name: self.session(&read.id), strict: read.strict },
            Call::Regenerate(call) => Command::Regenerate(Regenerate {
                name: self.session(&call.id),
                grace: call.grace.0,
                user: call.user.as_deref().map(user),
                data: call.data.as_ref().map(data),
            }),
            Call::Replace(replace) => Command::Write(self.write(replace, store, DataChange::Replace)),
        })
    }

    fn create(&self, create: &CreateForm) -> Result<Create, SessionError> {
        let foreign_id = match create.under.as_deref().map(|name| self.session(name)) {
            Some(SessionName::Native(id)) => {
                // The text of a native ID is never a foreign one, so there is nothing to start an operation with.
                assert_eq!(ForeignId::parse(&id.to_text()), None);
                return Err(SessionError::NativeId);
            }
            Some(SessionName::Foreign(id)) => Some(id),
            None => None,
        };
        Ok(Create {
            foreign_id,
            placement: create.placement.map(Placement),
            data: data(&create.data),
            user: create.user.as_deref().map(user),
            label: create.label.as_deref().map(label),
            idle: create.idle.map(|idle| idle.0),
            absolute: create.absolute.map(|absolute| absolute.0),
            discloses_id: create.discloses_id,
            keeps_unchanged: create.keeps_unchanged,
        })
    }

    fn page(&self, page: &PageForm) -> UserPage {
        let after = page.after.as_deref().map(|name| self.cursor(&page.user, name));
        UserPage { user: user(&page.user), after, limit: page.limit.unwrap_or(100) }
    }

    /// What the shelf calls a place in a user's list.
    pub(super) fn cursor(&self, user: &str, session: &str) -> String {
        self.key(&format!("u:{user}:{session}")).to_string()
    }

    /// The place in a user's list after this session, in the file's words.
    pub(super) fn after(&self, cursor: &str) -> String {
        match Key::parse(cursor) {
            Some(Key::User(_, handle)) => self.name(handle).to_owned(),
            _ => "?".to_owned(),
        }
    }

    fn write(&self, write: &WriteForm, store: &Shelf, change: fn(Data) -> DataChange) -> Write {
        let text = write.data_text.as_ref().map(|text| Data::from(text.as_bytes().to_vec()));
        let only = write.only.as_deref().map(|version| match version {
            "other" => Version::parse("AAAAAAAAAAAAAAAA").unwrap(),
            name => store.version(self.key(&format!("s:{}", write.id)), name).expect("a version that is there"),
        });
        Write {
            name: self.session(&write.id),
            only,
            data: text.or_else(|| write.data.as_ref().map(data)).map_or(DataChange::Keep, change),
            user: write.user.as_ref().map(|name| name.as_deref().map(user)),
            label: write.label.as_ref().map(|text| text.as_deref().map(label)),
            idle: write.idle.map(|idle| idle.0),
        }
    }

    pub(super) fn foreign_id(&self, name: &str) -> ForeignId {
        match self.session(name) {
            SessionName::Foreign(id) => id,
            SessionName::Native(_) => panic!("{name} is not foreign"),
        }
    }

    /// The name of the session under this ID.
    pub(super) fn foreign_name(&self, id: &ForeignId) -> &str {
        let is_its = |session: &SessionName| matches!(session, SessionName::Foreign(other) if other == id);
        self.names.iter().find(|(_, session)| is_its(session)).map_or("?", |(name, _)| name)
    }

    fn session(&self, name: &str) -> SessionName {
        self.names.get(name).unwrap_or_else(|| panic!("no session is named {name}")).clone()
    }
}

fn limits(form: LimitsForm, default: Limits) -> Limits {
    Limits {
        idle: form.idle.map_or(default.idle, |idle| idle.0),
        absolute: form.absolute.map_or(default.absolute, |absolute| absolute.0),
        longest: form.longest.map_or(default.longest, |longest| longest.0),
        max_data: form.max_data.unwrap_or(default.max_data),
        max_sessions_per_user: form.max_sessions_per_user.or(default.max_sessions_per_user),
    }
}

fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub(super) fn label(text: &str) -> Label {
    Label::parse(text).unwrap()
}

pub(super) fn data(json: &serde_json::Value) -> Data {
    Data::from(json.to_string().into_bytes())
}

pub(super) fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
