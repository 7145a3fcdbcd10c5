//! The operations a gateway serves, by product.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

use crate::describe::{request_schema, response_schema};
use crate::failure::{Denial, Failure};
use crate::operation::{Call, Operation, Product, Spec};
use crate::parameter::{Parameters, decode};
use crate::policy::PolicyTarget;
use crate::refusal;
use crate::render;

/// The operations of one product, being listed.
pub struct Catalogue<P: Product> {
    state: Arc<P::State>,
    operations: Vec<Entry>,
}

impl<P: Product> Catalogue<P> {
    /// A product without operations yet.
    pub fn new(state: P::State) -> Self {
        Self::shared(Arc::new(state))
    }

    /// The same over a state that others hold too.
    pub fn shared(state: Arc<P::State>) -> Self {
        Self { state, operations: Vec::new() }
    }

    /// Adds an operation.
    #[must_use]
    pub fn operation<O: Operation<Product = P>>(mut self) -> Self {
        self.operations.push(Entry {
            spec: O::SPEC,
            declared: declared(&request_schema::<O::Request>()),
            request_schema: request_schema::<O::Request>,
            response_schema: response_schema::<O::Response>,
            handler: Box::new(Handler::<O> { state: Arc::clone(&self.state), operation: PhantomData }),
        });
        self
    }
}

/// The products a gateway serves.
#[derive(Default)]
pub struct ProductSet {
    pub(crate) products: Vec<ProductEntry>,
}

impl ProductSet {
    /// No product yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a product.
    #[must_use]
    pub fn with<P: Product>(mut self, catalogue: Catalogue<P>) -> Self {
        self.products.push(ProductEntry {
            code: P::CODE,
            version: P::VERSION,
            title: P::TITLE,
            denied: P::denied,
            unavailable: P::unavailable,
            unknown_outcome: P::unknown_outcome,
            operations: catalogue.operations,
        });
        self
    }

    /// Every operation as policies name it.
    pub fn policy_targets(&self) -> Vec<PolicyTarget<'static>> {
        let targets = self.products.iter().flat_map(|product| {
            product.operations.iter().map(|entry| PolicyTarget {
                code: product.code,
                operation: entry.spec.name,
                templates: entry.spec.resources,
            })
        });
        targets.collect()
    }

    /// The names of all operations, in the order they were added.
    pub fn operation_names(&self) -> Vec<&'static str> {
        self.products.iter().flat_map(|product| &product.operations).map(|entry| entry.spec.name).collect()
    }
}

/// The names of a request's parameters, sorted.
fn declared(schema: &Value) -> Vec<String> {
    let members = schema.get("properties").and_then(Value::as_object);
    let mut names: Vec<String> = members.map(|members| members.keys().cloned().collect()).unwrap_or_default();
    names.sort_unstable();
    names
}

pub(crate) struct ProductEntry {
    pub(crate) code: &'static str,
    pub(crate) version: &'static str,
    pub(crate) title: &'static str,
    pub(crate) denied: fn(&Denial) -> Failure,
    pub(crate) unavailable: fn() -> Failure,
    pub(crate) unknown_outcome: fn() -> Failure,
    pub(crate) operations: Vec<Entry>,
}

/// An operation with its types forgotten.
pub(crate) struct Entry {
    pub(crate) spec: Spec,
    /// The names of its parameters, sorted.
    pub(crate) declared: Vec<String>,
    pub(crate) request_schema: fn() -> Value,
    pub(crate) response_schema: fn() -> Value,
    pub(crate) handler: Box<dyn Dispatch>,
}

/// Decodes, calls, and renders the answer: the one dynamic call of a request.
pub(crate) trait Dispatch: Send + Sync {
    fn dispatch<'a>(
        &'a self,
        call: Call<'a, ()>,
        parameters: &'a Parameters<'a>,
        depth: usize,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, Failure>> + Send + 'a>>;
}

struct Handler<O: Operation> {
    state: Arc<<O::Product as Product>::State>,
    operation: PhantomData<fn() -> O>,
}

impl<O: Operation> Dispatch for Handler<O> {
    fn dispatch<'a>(
        &'a self,
        call: Call<'a, ()>,
        parameters: &'a Parameters<'a>,
        depth: usize,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, Failure>> + Send + 'a>> {
        Box::pin(async move {
            let request = decode::<O::Request>(parameters, depth)
                .map_err(|fault| O::Product::parameter_fault(&fault))?;
            let call = call.with_state(&*self.state);
            let response = O::call(&call, request).await.map_err(Into::into)?;
            render::success(call.request_id, &response).map_err(|error| refusal::internal().because(error))
        })
    }
}
