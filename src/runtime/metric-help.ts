/** What each metric counts, as `# HELP` says it. */
export const METRIC_HELP: Readonly<Record<string, string>> = {
  acceptor_events_total: 'What coin and bill acceptors reported, by acceptor and kind',
  alarms: 'Alarms raised now',
  api_requests_total: 'Answers of the local API, by method and status',
  backend_requests_total: 'Requests to the backend, by operation and outcome',
  charge_queries_total: 'Questions to the backend whether a charge is paid, by road and answer',
  charges_in_doubt: 'Charges past their grace time about which the backend has said nothing',
  confirmations_total: 'Answers about charges, by road, state and whether they had an effect',
  lane_deliveries_total: 'Batches of the outbox other than sale reports, by lane and outcome',
  metrics_dropped_total: 'Figures that could not be kept; anything but 0 is a bug',
  mqtt_connects_total: 'Attempts to connect to the broker, by outcome',
  orders_total: 'Orders of the backend, by purpose and whether they were new',
  outbox_deliveries_total: 'Batches of records handed to the backend, by outcome',
  payments_total: 'Payments the backend announced, by what became of them',
  push_messages_total: 'Messages from the broker, by what became of them',
  states_total: 'Reports of state to the backend, by outcome',
};
