/**
 * Calls that XAPI serves and its published data model leaves out, with where their form is known from. A call that is
 * neither here nor in the model does not exist.
 */
export interface HiddenCall {
  /** A name, or `*.name` for every class that has records. */
  readonly name: string;
  readonly params: (className: string) => readonly string[];
  readonly result: (className: string) => string;
  readonly knownFrom: string;
}

export const hiddenCalls: readonly HiddenCall[] = [
  {
    name: '*.get_all_records_where',
    params: () => ['session ref', 'string'],
    result: (className) => `(${className} ref -> ${className} record) map`,
    knownFrom: 'xen-api ocaml/idl/datamodel_utils.ml: made for every class with records',
  },
  {
    name: 'host.is_in_emergency_mode',
    params: () => ['session ref'],
    result: () => 'bool',
    knownFrom: 'xen-api ocaml/idl/datamodel_host.ml: hide_from_docs',
  },
];
