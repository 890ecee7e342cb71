//! A file system: what programs see of it, and what is on its medium.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::content::{Content, Fate};
use crate::dice::Question;
use crate::step::{Call, NodeId, ROOT};

/// A name in a directory.
pub(crate) type Place = (NodeId, String);

#[derive(Debug, Clone)]
pub(crate) struct Files {
    nodes: HashMap<NodeId, Node>,
    durable: Names,
    /// Changes of names that aren't on the medium yet, oldest first.
    names: Vec<NameChange>,
    next_node: NodeId,
}

#[derive(Debug, Clone)]
pub(crate) enum Node {
    File(Content),
    Directory(BTreeMap<String, NodeId>),
}

/// The names on a medium. A node has one at most, and a name leads to one node.
#[derive(Debug, Clone, Default)]
struct Names {
    places: HashMap<NodeId, Place>,
    nodes: HashMap<Place, NodeId>,
}

impl Names {
    /// Gives a node its name, or none; what had the name before has none any more.
    fn place(&mut self, node: NodeId, place: Option<Place>) {
        if let Some(before) = self.places.remove(&node) {
            self.nodes.remove(&before);
        }
        if let Some(place) = place {
            if let Some(displaced) = self.nodes.insert(place.clone(), node) {
                self.places.remove(&displaced);
            }
            self.places.insert(node, place);
        }
    }
}

/// A node has another name, or none any more. It is durable when `synced_by` is.
#[derive(Debug, Clone)]
struct NameChange {
    node: NodeId,
    place: Option<Place>,
    synced_by: NodeId,
}

impl Files {
    /// An empty file system.
    pub(crate) fn new() -> Self {
        Self {
            nodes: HashMap::from([(ROOT, Node::Directory(BTreeMap::new()))]),
            durable: Names::default(),
            names: Vec::new(),
            next_node: ROOT + 1,
        }
    }

    pub(crate) fn next_node(&self) -> NodeId {
        self.next_node
    }

    pub(crate) fn node(&self, node: NodeId) -> Option<&Node> {
        self.nodes.get(&node)
    }

    pub(crate) fn content(&self, node: NodeId) -> Option<&Content> {
        match self.nodes.get(&node) {
            Some(Node::File(content)) => Some(content),
            _ => None,
        }
    }

    pub(crate) fn children(&self, node: NodeId) -> Option<&BTreeMap<String, NodeId>> {
        match self.nodes.get(&node) {
            Some(Node::Directory(children)) => Some(children),
            _ => None,
        }
    }

    /// Carries out a call that was found to be possible.
    pub(crate) fn apply(&mut self, call: &Call) {
        match call {
            Call::SyncFile { node } => {
                if let Some(content) = self.content_mut(*node) {
                    content.sync();
                }
            }
            Call::SyncDirectory { node } => self.sync_names(|change| change.synced_by == *node),
            Call::SyncAll => self.sync_all(),
            other => self.change(other),
        }
    }

    /// As [`apply`](Self::apply), on a drive that doesn't do what a sync asks for.
    pub(crate) fn apply_without_barrier(&mut self, call: &Call) {
        if !matches!(
            call,
            Call::SyncFile { .. } | Call::SyncDirectory { .. } | Call::SyncAll
        ) {
            self.change(call);
        }
    }

    fn change(&mut self, call: &Call) {
        match call {
            Call::Make {
                node,
                directory,
                name,
                is_directory,
            } => {
                let made = if *is_directory {
                    Node::Directory(BTreeMap::new())
                } else {
                    Node::File(Content::default())
                };
                self.nodes.insert(*node, made);
                self.next_node = self.next_node.max(node + 1);
                self.link(*node, (*directory, name.clone()));
            }
            Call::Write {
                node,
                offset,
                bytes,
            } => {
                if let Some(content) = self.content_mut(*node) {
                    content.write(*offset, bytes);
                }
            }
            Call::SetLen { node, len } => {
                if let Some(content) = self.content_mut(*node) {
                    content.set_len(*len);
                }
            }
            Call::Rename { from, to } => {
                if let Some(node) = self.take(from) {
                    self.link(node, to.clone());
                }
            }
            Call::Remove { directory, name } => {
                let place = (*directory, name.clone());
                if let Some(node) = self.take(&place) {
                    self.names.push(NameChange {
                        node,
                        place: None,
                        synced_by: *directory,
                    });
                }
            }
            Call::SyncFile { .. } | Call::SyncDirectory { .. } | Call::SyncAll => {}
        }
    }

    /// Gives a node a name. What had it before has none any more.
    ///
    /// A rename is one change, and durable with the directory that it leads to.
    fn link(&mut self, node: NodeId, place: Place) {
        if let Some(Node::Directory(children)) = self.nodes.get_mut(&place.0) {
            children.insert(place.1.clone(), node);
        }
        self.names.push(NameChange {
            node,
            synced_by: place.0,
            place: Some(place),
        });
    }

    fn take(&mut self, place: &Place) -> Option<NodeId> {
        match self.nodes.get_mut(&place.0) {
            Some(Node::Directory(children)) => children.remove(&place.1),
            _ => None,
        }
    }

    fn content_mut(&mut self, node: NodeId) -> Option<&mut Content> {
        match self.nodes.get_mut(&node) {
            Some(Node::File(content)) => Some(content),
            _ => None,
        }
    }

    fn sync_all(&mut self) {
        self.sync_names(|_| true);
        for node in self.nodes.values_mut() {
            if let Node::File(content) = node {
                content.sync();
            }
        }
        let seen: HashSet<_> = self
            .nodes
            .values()
            .filter_map(|node| match node {
                Node::Directory(children) => Some(children.values().copied()),
                Node::File(_) => None,
            })
            .flatten()
            .collect();
        self.nodes
            .retain(|node, _| *node == ROOT || seen.contains(node));
    }

    fn sync_names(&mut self, is_synced: impl Fn(&NameChange) -> bool) {
        let changes = std::mem::take(&mut self.names);
        // Where a later name of a node is durable, its earlier ones are a thing of the past.
        let latest: HashMap<_, _> = changes
            .iter()
            .enumerate()
            .filter(|(_, change)| is_synced(change))
            .map(|(index, change)| (change.node, index))
            .collect();
        for (index, change) in changes.into_iter().enumerate() {
            match latest.get(&change.node) {
                Some(latest) if index == *latest => self.durable.place(change.node, change.place),
                Some(latest) if index < *latest => {}
                _ => self.names.push(change),
            }
        }
    }

    /// The file system that is there when the power has come back.
    pub(crate) fn after_power_cut(&self, fate: Fate) -> Self {
        let mut names = self.durable.clone();
        for change in self.surviving(fate) {
            names.place(change.node, change.place.clone());
        }
        let mut after = Self::new();
        after.next_node = self.next_node;
        let mut children: HashMap<NodeId, Vec<(NodeId, String)>> = HashMap::new();
        for (node, (directory, name)) in names.places {
            children.entry(directory).or_default().push((node, name));
        }
        let mut directories = vec![ROOT];
        // A directory that ended up below itself isn't found from the root.
        let mut seen = HashSet::from([ROOT]);
        while let Some(directory) = directories.pop() {
            for (node, name) in children.remove(&directory).unwrap_or_default() {
                if !seen.insert(node) {
                    continue;
                }
                let restored = match self.nodes.get(&node) {
                    Some(Node::Directory(_)) => {
                        directories.push(node);
                        Node::Directory(BTreeMap::new())
                    }
                    Some(Node::File(content)) => {
                        Node::File(Content::durable(content.after_power_cut(node, fate)))
                    }
                    None => continue,
                };
                after.nodes.insert(node, restored);
                if let Some(Node::Directory(names)) = after.nodes.get_mut(&directory) {
                    names.insert(name.clone(), node);
                }
                after.durable.place(node, Some((directory, name)));
            }
        }
        after
    }

    /// The changes of names that made it to the medium unasked.
    fn surviving(&self, fate: Fate) -> Vec<&NameChange> {
        let dice = match fate {
            Fate::Lost => return Vec::new(),
            Fate::Kept => return self.names.iter().collect(),
            Fate::Chance(dice) => dice,
        };
        let count = self.names.len() as u64;
        match dice.throw(Question::NameStyle, [0, 0], 4) {
            0 => Vec::new(),
            // A journal keeps them in order.
            1 => {
                let kept = dice.throw(Question::NameCount, [0, 0], count + 1);
                let kept = usize::try_from(kept).unwrap_or(usize::MAX);
                self.names.iter().take(kept).collect()
            }
            // Nothing says that all file systems do.
            _ => (0..)
                .zip(&self.names)
                .filter(|(index, _)| dice.throw(Question::Name, [*index, 0], 2) == 1)
                .map(|(_, change)| change)
                .collect(),
        }
    }
}
