//! One trace from the node to the hub (W3C Trace Context): the node writes `traceparent` in what it sends, the hub
//! goes on from it, and both write the identifier in their logs. The context says nothing of what is sent.

use axum::http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Writes the context of a span in the headers of a request; nothing when no trace is under way.
pub fn porte(span: &Span, entetes: &mut HeaderMap) {
    TraceContextPropagator::new().inject_context(&span.context(), &mut HeaderInjector(entetes));
    // Nothing of ours fills it, and an empty header is not worth its bytes.
    entetes.remove("tracestate");
}

/// Makes a span go on from the context that a request brought. What is not a trace context is ignored.
pub fn reprend(span: &Span, entetes: &HeaderMap) {
    let recu = TraceContextPropagator::new().extract(&HeaderExtractor(entetes));
    if recu.span().span_context().is_valid() {
        // It fails only where no traces are installed, as in tests.
        let _ = span.set_parent(recu);
    }
}

/// Writes the identifier of the trace in the field `trace` of a span, so that every line under it names it.
pub fn note(span: &Span) {
    let contexte = span.context();
    let lu = contexte.span();
    if lu.span_context().is_valid() {
        span.record("trace", lu.span_context().trace_id().to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing_subscriber::layer::SubscriberExt as _;

    fn trace(span: &Span) -> String {
        span.context().span().span_context().trace_id().to_string()
    }

    #[test]
    fn a_trace_goes_on_across_a_request_and_nothing_else_is_believed() {
        let traces = tracing_opentelemetry::layer().with_tracer(SdkTracerProvider::builder().build().tracer("essai"));
        let _ici = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces));
        let envoi = tracing::info_span!("envoi");
        let mut entetes = HeaderMap::new();
        porte(&envoi, &mut entetes);
        assert_eq!(entetes.len(), 1);
        assert!(entetes["traceparent"].to_str().unwrap().contains(&trace(&envoi)));

        let reception = tracing::info_span!("reception");
        reprend(&reception, &entetes);
        assert_eq!(trace(&reception), trace(&envoi));
        for faux in ["", "00-zz", "00-00000000000000000000000000000000-0000000000000000-01"] {
            let autre = tracing::info_span!("autre");
            reprend(&autre, &HeaderMap::from_iter([("traceparent".parse().unwrap(), faux.parse().unwrap())]));
            assert_ne!(trace(&autre), trace(&envoi), "{faux}");
        }
    }

    #[test]
    fn without_a_trace_nothing_is_written() {
        let mut entetes = HeaderMap::new();
        porte(&Span::none(), &mut entetes);
        assert!(entetes.is_empty());
    }
}
