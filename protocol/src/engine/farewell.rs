use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::CloseReason;

/// What stands behind the `1` of a resume session: why it is over, or why a leg is refused.
///
/// Spec: PROTOCOL.md, The end.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Farewell {
    /// For programs.
    pub code: u16,
    /// For people.
    #[serde(default)]
    pub message: Cow<'static, str>,
}

impl Farewell {
    /// The JSON as it stands behind the `1`.
    pub(super) fn encode(&self) -> String {
        // A number and a string: there is nothing in it that serde_json could refuse.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl From<CloseReason> for Farewell {
    fn from(reason: CloseReason) -> Self {
        Self {
            code: reason.code(),
            message: Cow::Borrowed(reason.as_str()),
        }
    }
}

impl From<Refusal> for Farewell {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code(),
            message: Cow::Borrowed(refusal.message()),
        }
    }
}
