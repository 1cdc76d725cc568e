//! Wildcards, and the algebra of their namespace constraints (XSD 1.0 §3.10.6).

use super::super::names::{NS_NONE, NsId};
use super::super::table::{Allowed, Process, Wildcard};
use super::{At, Compiler, Resolver};

impl<R: Resolver + ?Sized> Compiler<'_, R> {
    pub(super) fn wildcard(&mut self, at: At) -> Wildcard {
        let target = self.document(at).target;
        let namespace = self.attribute(at, "namespace").unwrap_or("##any").to_owned();
        let process = match self.attribute(at, "processContents") {
            Some("lax") => Process::Lax,
            Some("skip") => Process::Skip,
            _ => Process::Strict,
        };
        let allowed = match namespace.trim() {
            "##any" => Allowed::Any,
            "##other" => Allowed::Other(target),
            list => {
                let mut found: Vec<NsId> = list
                    .split_whitespace()
                    .map(|word| match word {
                        "##targetNamespace" => target,
                        "##local" => NS_NONE,
                        uri => self.namespaces.add(uri),
                    })
                    .collect();
                found.sort_unstable();
                found.dedup();
                Allowed::List(found)
            }
        };
        Wildcard { allowed, process }
    }
}

/// The intersection; `None` if it cannot be expressed (cos-aw-intersect).
pub(super) fn intersection(a: &Allowed, b: &Allowed) -> Option<Allowed> {
    Some(match (a, b) {
        (Allowed::Any, other) | (other, Allowed::Any) => other.clone(),
        (Allowed::List(list), other) | (other, Allowed::List(list)) => {
            Allowed::List(list.iter().copied().filter(|ns| other.takes(*ns)).collect())
        }
        (Allowed::Other(a), Allowed::Other(b)) if a == b => Allowed::Other(*a),
        (Allowed::Other(NS_NONE), Allowed::Other(ns)) | (Allowed::Other(ns), Allowed::Other(NS_NONE)) => {
            Allowed::Other(*ns)
        }
        (Allowed::Other(_), Allowed::Other(_)) => return None,
    })
}

/// The union; `None` if it cannot be expressed (cos-aw-union).
pub(super) fn union(a: &Allowed, b: &Allowed) -> Option<Allowed> {
    Some(match (a, b) {
        (Allowed::Any, _) | (_, Allowed::Any) => Allowed::Any,
        (Allowed::List(a), Allowed::List(b)) => {
            let mut all: Vec<NsId> = a.iter().chain(b).copied().collect();
            all.sort_unstable();
            all.dedup();
            Allowed::List(all)
        }
        (Allowed::Other(a), Allowed::Other(b)) => Allowed::Other(if a == b { *a } else { NS_NONE }),
        (Allowed::Other(not), Allowed::List(list)) | (Allowed::List(list), Allowed::Other(not)) => {
            match (list.contains(not), list.contains(&NS_NONE)) {
                (true, true) => Allowed::Any,
                (true, false) => Allowed::Other(NS_NONE),
                (false, true) => return None,
                (false, false) => Allowed::Other(*not),
            }
        }
    })
}

/// Whether `sub` takes nothing that `whole` does not take (cos-ns-subset).
pub(super) fn is_subset(sub: &Allowed, whole: &Allowed) -> bool {
    match (sub, whole) {
        (_, Allowed::Any) => true,
        (Allowed::Any, _) | (Allowed::Other(_), Allowed::List(_)) => false,
        (Allowed::Other(a), Allowed::Other(b)) => a == b,
        (Allowed::List(list), whole) => list.iter().all(|ns| whole.takes(*ns)),
    }
}

/// Whether some namespace is taken by both.
pub(super) fn overlap(a: &Allowed, b: &Allowed) -> bool {
    match (a, b) {
        (Allowed::List(list), other) | (other, Allowed::List(list)) => list.iter().any(|ns| other.takes(*ns)),
        (Allowed::Any | Allowed::Other(_), Allowed::Any | Allowed::Other(_)) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_algebra_follows_the_recommendation() {
        let list = |list: &[NsId]| Allowed::List(list.to_vec());
        let (a, b) = (7, 8);
        assert_eq!(intersection(&Allowed::Other(a), &list(&[NS_NONE, a, b])), Some(list(&[b])));
        assert_eq!(intersection(&Allowed::Other(a), &Allowed::Other(b)), None);
        assert_eq!(intersection(&Allowed::Other(a), &Allowed::Other(NS_NONE)), Some(Allowed::Other(a)));
        assert_eq!(union(&Allowed::Other(a), &list(&[NS_NONE])), None);
        assert_eq!(union(&Allowed::Other(a), &list(&[a])), Some(Allowed::Other(NS_NONE)));
        assert_eq!(union(&Allowed::Other(a), &list(&[NS_NONE, a])), Some(Allowed::Any));
        assert_eq!(union(&Allowed::Other(a), &Allowed::Other(b)), Some(Allowed::Other(NS_NONE)));
        assert!(is_subset(&list(&[b]), &Allowed::Other(a)));
        assert!(!is_subset(&Allowed::Other(a), &Allowed::Other(NS_NONE)));
        assert!(overlap(&Allowed::Other(a), &Allowed::Other(b)));
        assert!(!overlap(&Allowed::Other(a), &list(&[a, NS_NONE])));
    }
}
