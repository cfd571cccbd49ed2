//! The session rules: operations that JavaScript moves over its store, one crossing a step.

use std::collections::BTreeMap;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use super::call;
use super::wire::{Reader, Writer};
use super::{keyring, outcome, stack, tenant, thrown};
use crate::id::{SessionName, UserId};
use crate::session::{Context, Erasure, Limit, Limits, Operation, Promises, Receipt, RevokedAll, Settled, Step};

/// One tenant's sessions in one store, and the operations that are on their way.
#[wasm_bindgen(js_name = KernelRules)]
pub struct Rules {
    context: Context,
    settled: Settled,
    operations: BTreeMap<u32, Operation>,
    last: u32,
}

#[wasm_bindgen(js_class = KernelRules)]
impl Rules {
    /// `keys` is a keyring's text; `settings` are limits, and what the store promises.
    #[wasm_bindgen(constructor)]
    pub fn new(keys: Vec<u8>, tenant_name: &str, settings: &[u8]) -> Result<Self, JsValue> {
        let keys = Zeroizing::new(keys);
        let tenant = tenant(tenant_name)?;
        let (limits, promises) = read_settings(settings).ok_or_else(|| thrown("internal_error"))?;
        if !promises.atomic && !Promises::VISIBILITY.contains(&promises.visibility) {
            return Err(thrown("invalid_option:visibility"));
        }
        limits.check(&promises).map_err(|limit| {
            thrown(match limit {
                Limit::Absolute => "invalid_option:absolute",
                Limit::Idle => "invalid_option:idle",
                Limit::Longest => "invalid_option:longest",
                Limit::MaxData => "invalid_option:maxData",
                Limit::MaxSessionsPerUser => "invalid_option:maxSessionsPerUser",
            })
        })?;
        stack::wiped(|| {
            let context = Context::new(&keyring(&keys)?, tenant, limits, promises);
            Ok(Self { context, settled: Settled::new(SETTLED), operations: BTreeMap::new(), last: 0 })
        })
    }

    /// Begins a command at `now` (Unix milliseconds): a number for it, 0 if it is over, and its first step.
    pub fn start(&mut self, command: Vec<u8>, now: f64) -> Vec<u8> {
        let command = Zeroizing::new(command);
        stack::wiped(|| match call::command(&command) {
            Ok(command) => {
                let (operation, step) = Operation::start(command, &self.context, &mut self.settled, millis(now));
                let number = if matches!(step, Step::Done { .. }) { 0 } else { self.keep(operation) };
                numbered(number, &step)
            }
            Err(no_command) => {
                let (code, field) = no_command.told();
                let mut out = Writer::with_room(ROOM);
                out.u32(0);
                outcome::refusal(&mut out, code, field);
                out.finish()
            }
        })
    }

    /// Moves an operation on with the store's answer to its last step.
    pub fn resume(&mut self, number: u32, input: Vec<u8>, now: f64) -> Result<Vec<u8>, JsValue> {
        let input = Zeroizing::new(input);
        stack::wiped(|| {
            let Some(operation) = self.operations.get_mut(&number) else { return Err(thrown("internal_error")) };
            let step = operation.resume(outcome::input(&input), &mut self.settled, millis(now));
            let is_over = matches!(step, Step::Done { .. });
            if is_over {
                self.operations.remove(&number);
            }
            Ok(numbered(if is_over { 0 } else { number }, &step))
        })
    }

    /// Abandons an operation.
    pub fn abandon(&mut self, number: u32) {
        stack::wiped(|| self.operations.remove(&number));
    }

    /// How many operations are on their way.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.operations.len()
    }

    /// The handle and then the CSRF token of a session, 43 characters each.
    pub fn names(&self, id: Vec<u8>) -> Result<Vec<u8>, JsValue> {
        let id = Zeroizing::new(id);
        stack::wiped(|| {
            let name = core::str::from_utf8(&id).ok().and_then(SessionName::parse);
            let name = name.ok_or_else(|| thrown("invalid_session_id"))?;
            let id = self.context.session_id(&name).map_err(|error| thrown(error.code()))?;
            let (handle, csrf) = id.names(self.context.tenant());
            Ok([handle.to_string().as_bytes(), csrf.to_text().as_bytes()].concat())
        })
    }

    /// The receipt of an erasure, `srt1_…`, from what its revoke-all came to and from the receipt of the call before. Times are
    /// Unix milliseconds.
    pub fn receipt(
        &self,
        user: Vec<u8>,
        ended: u32,
        complete_by: f64,
        is_partial: bool,
        before: Option<String>,
        now: f64,
    ) -> Result<String, JsValue> {
        let user = Zeroizing::new(user);
        stack::wiped(|| {
            let user = user_id(&user).ok_or_else(|| thrown("internal_error"))?;
            let before = match before {
                None => None,
                Some(text) => {
                    let receipt = Receipt::parse(&text).filter(|receipt| self.context.is_about(receipt, &user));
                    Some(receipt.ok_or_else(|| thrown("invalid_receipt"))?)
                }
            };
            let next = is_partial.then(String::new);
            let revoked = RevokedAll { ended, complete_by: millis(complete_by), next };
            let erasure = Erasure::of(&revoked, before.as_ref(), millis(now));
            let receipt = self.context.receipt(&user, erasure).map_err(|error| thrown(error.code()))?;
            Ok(receipt.to_text())
        })
    }

    /// What a receipt says: whether it is ours, whether it is about this user, and what was done. Nothing for what is none.
    #[must_use]
    pub fn verify(&self, receipt: &str, user: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let user = user.map(Zeroizing::new);
        stack::wiped(|| {
            let receipt = Receipt::parse(receipt)?;
            let user = user.and_then(|user| user_id(&user));
            let mut out = Writer::with_room(ROOM);
            out.u8(u8::from(self.context.is_own(&receipt)));
            out.u8(u8::from(user.is_some_and(|user| self.context.is_about(&receipt, &user))));
            let Erasure { at, ended, complete_by, is_partial } = receipt.erasure();
            out.u64(at);
            out.u32(ended);
            out.u64(complete_by);
            out.u8(u8::from(is_partial));
            Some(out.finish())
        })
    }

    fn keep(&mut self, operation: Operation) -> u32 {
        // 0 says that it is over. After four thousand million operations the first ones are.
        self.last = self.last.wrapping_add(1).max(1);
        self.operations.insert(self.last, operation);
        self.last
    }
}

fn numbered(number: u32, step: &Step) -> Vec<u8> {
    let mut out = Writer::with_room(ROOM);
    out.u32(number);
    outcome::step(&mut out, step);
    out.finish()
}

fn user_id(text: &[u8]) -> Option<UserId> {
    core::str::from_utf8(text).ok().and_then(UserId::parse)
}

fn read_settings(settings: &[u8]) -> Option<(Limits, Promises)> {
    let mut from = Reader::new(settings);
    let default = Limits::default();
    let limits = Limits {
        idle: from.optional(Reader::u32)?.unwrap_or(default.idle),
        absolute: from.optional(Reader::u32)?.unwrap_or(default.absolute),
        longest: from.optional(Reader::u32)?.unwrap_or(default.longest),
        max_data: from.optional(Reader::size)?.unwrap_or(default.max_data),
        max_sessions_per_user: from.optional(Reader::u32)?,
    };
    let visibility = from.optional(Reader::u32)?;
    let promises = visibility.map_or(Promises::EXACT, Promises::eventual);
    let promises = Promises { max_batch: from.optional(Reader::size)?.unwrap_or(promises.max_batch), ..promises };
    from.end()?;
    Some((limits, promises))
}

/// A clock of JavaScript's: negative and NaN become 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, which is what is wanted"
)]
const fn millis(now: f64) -> u64 {
    now as u64
}

/// Sessions that an instance remembers as settled: some 2 MB.
const SETTLED: usize = 10_000;
/// Bytes of most steps.
const ROOM: usize = 512;
