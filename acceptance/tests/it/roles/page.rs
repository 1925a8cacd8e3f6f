//! `docs/roles.md`, read.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use reqwest::Method;

const ROLES: [&str; 5] = ["player", "staff", "auditor", "operator", "admin"];

pub struct Page {
    /// Which roles have a permission.
    holders: BTreeMap<String, BTreeSet<&'static str>>,
    /// Which permission each scope of a service account is.
    scopes: BTreeMap<String, String>,
    pub routes: Vec<Row>,
    /// What some of the routes do for those who may do more.
    pub more: Vec<Row>,
}

pub struct Row {
    pub method: Method,
    pub path: String,
    /// What is asked beside the path.
    pub with: String,
    /// `None`: anyone.
    pub permission: Option<String>,
    pub whose: Whose,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Own,
    OwnOrVenues,
    /// Everybody's for those who audit.
    OwnOrAudited,
    /// At one's venues; and what is said elsewhere.
    Venues(Elsewhere),
    Everybodys,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    NotFound,
    Invalid,
    Forbidden,
    /// 200, and nothing of it is in the list.
    NotListed,
}

impl Page {
    pub fn read() -> Self {
        let text = super::document("docs/roles.md");
        let (routes, more) = (Vec::new(), Vec::new());
        let mut it = Self { holders: BTreeMap::new(), scopes: BTreeMap::new(), routes, more };
        for line in text.lines() {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            match cells.as_slice() {
                [permission, held @ .., _] if held.len() == ROLES.len() => {
                    let held = ROLES.into_iter().zip(held).filter(|it| *it.1 == "yes");
                    it.holders.insert(bare(permission), held.map(|it| it.0).collect());
                }
                [scope, permission] if scope.starts_with('`') => {
                    it.scopes.insert(bare(scope), bare(permission));
                }
                [route, permission, whose] if route.contains(" /") => {
                    let row = Row::read(route, permission, whose);
                    let first = row.with.is_empty() && !row.path.ends_with("/entries/{n}");
                    if first { it.routes.push(row) } else { it.more.push(row) }
                }
                _ => {}
            }
        }
        it
    }

    pub fn explains(&self, permission: &str) -> bool {
        self.holders.contains_key(permission)
    }

    pub fn is_held(&self, permission: &str, role: &str) -> bool {
        self.holders[permission].contains(role)
    }

    pub fn is_within(&self, permission: &str, scopes: &[&str]) -> bool {
        scopes.iter().any(|it| self.scopes[*it] == permission)
    }
}

impl Row {
    fn read(route: &str, permission: &str, whose: &str) -> Self {
        let (route, with) = route.split_once(" with ").unwrap_or((route, ""));
        let route = bare(route);
        let (method, path) = route.split_once(' ').expect("a method and a path");
        let whose = match whose {
            "one's own" => Whose::Own,
            "one's own, and those at one's venues" => Whose::OwnOrVenues,
            "one's own, and everybody's with `Audit`" => Whose::OwnOrAudited,
            "those at one's venues" => Whose::Venues(Elsewhere::NotFound),
            "those at one's venues (elsewhere 422 `invalid`)" => Whose::Venues(Elsewhere::Invalid),
            "those at one's venues (elsewhere 403 `forbidden`)" => {
                Whose::Venues(Elsewhere::Forbidden)
            }
            "those at one's venues (elsewhere nothing is listed)" => {
                Whose::Venues(Elsewhere::NotListed)
            }
            "everybody's" | "" => Whose::Everybodys,
            other => panic!("{route}: whose is {other:?}?"),
        };
        Self {
            method: method.parse().expect("a method"),
            path: path.to_owned(),
            with: with.to_owned(),
            permission: Some(bare(permission)).filter(|it| it != "anyone"),
            whose,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if self.with.is_empty() { Ok(()) } else { write!(f, " with {}", self.with) }
    }
}

fn bare(cell: &str) -> String {
    cell.replace('`', "")
}
