//! The transports by name.

/// The way between the server and a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransportKind {
    /// A WebSocket, in both directions.
    WebSocket,
    /// The endless answer of a POST; what the client says comes in requests of their own.
    HttpStream,
    /// The same as server-sent events, which carry text: the JSON form alone.
    Sse,
}

impl TransportKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::WebSocket, Self::HttpStream, Self::Sse];

    /// Its name in figures and addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::HttpStream => "http_stream",
            Self::Sse => "sse",
        }
    }

    /// Whether it runs from the server to the client alone, so that commands come in requests of their own.
    #[must_use]
    pub const fn is_one_way(self) -> bool {
        !matches!(self, Self::WebSocket)
    }
}
