import type { Operator } from '../operator.ts';
import type { HttpHandler, HttpReply } from '../wire/http.ts';

/** /healthz says that the process is alive; /readyz that its caches are filled; /metrics counts requests, as Prometheus reads them. */
export function healthHandler(operator: Pick<Operator, 'ready' | 'leads' | 'requests'>): HttpHandler {
  return async ({ path }) => {
    switch (path) {
      case '/healthz':
        return text(200, 'ok\n');
      case '/readyz':
        return operator.ready() ? text(200, 'ok\n') : text(503, 'the caches are not filled yet\n');
      case '/metrics':
        return text(200, metrics(operator));
      default:
        return text(404, 'there is /healthz, /readyz and /metrics\n');
    }
  };
}

function metrics(operator: Pick<Operator, 'leads' | 'requests'>): string {
  const lines = [
    '# HELP kintsugi_leads Whether this process leads.',
    '# TYPE kintsugi_leads gauge',
    `kintsugi_leads ${operator.leads() ? 1 : 0}`,
    '# HELP kintsugi_api_requests_total Requests to the API server.',
    '# TYPE kintsugi_api_requests_total counter',
    ...Object.entries(operator.requests()).map(
      ([verb, count]) => `kintsugi_api_requests_total{verb="${verb}"} ${count}`,
    ),
    '# HELP kintsugi_memory_bytes Memory of this process.',
    '# TYPE kintsugi_memory_bytes gauge',
    ...Object.entries(process.memoryUsage()).map(
      ([kind, bytes]) => `kintsugi_memory_bytes{kind="${kind}"} ${bytes}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function text(status: number, body: string): HttpReply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
