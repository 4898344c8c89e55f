import { useEffect, useRef, useState, type ComponentProps } from "react";
import type { Problem } from "../../api/problem";
import { problemOf, useProblemText } from "../../i18n/problem";

/** What a form is about. Fields are inputs of these names. */
export interface FormOptions<Field extends string> {
  readonly fields: readonly Field[];
  /** What is wrong before anything is sent, by field. */
  readonly check?: (values: Values<Field>) => Errors<Field>;
  readonly submit: (values: Values<Field>) => Promise<void>;
  /** What to say where the server objects to a field. */
  readonly violations?: Errors<Field>;
  /** Reasons that belong beside a field. */
  readonly refusals?: Readonly<Record<string, { readonly field: Field; readonly text: string }>>;
}

export type Values<Field extends string> = Readonly<Record<Field, string>>;
export type Errors<Field extends string> = Readonly<Partial<Record<Field, string>>>;

export interface Form<Field extends string> {
  /** Spread on the `<form>`. */
  readonly props: Pick<ComponentProps<"form">, "ref" | "onSubmit" | "onInput" | "noValidate">;
  /** To be shown beside their fields; each goes when its field is changed. */
  readonly errors: Errors<Field>;
  /** What went wrong that belongs to no field. */
  readonly failure: string | null;
  readonly problem: Problem | null;
  readonly isBusy: boolean;
}

interface State<Field extends string> {
  readonly errors: Errors<Field>;
  readonly problem: Problem | null;
  readonly isBusy: boolean;
}

/** Sends a form once at a time, puts each error beside its field, and the focus on the first of them. */
export function useForm<Field extends string>(options: FormOptions<Field>): Form<Field> {
  const ref = useRef<HTMLFormElement>(null);
  const problemText = useProblemText();
  const [state, setState] = useState<State<Field>>({ errors: toErrors([]), problem: null, isBusy: false });
  const { errors, problem, isBusy } = state;

  // Not when an error goes: then the focus is where somebody types.
  const [refusals, setRefusals] = useState(0);
  useEffect(() => {
    if (refusals > 0) ref.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [refusals]);

  const refuse = (refused: Omit<State<Field>, "isBusy">) => {
    setState({ ...refused, isBusy: false });
    setRefusals((count) => count + 1);
  };

  const submit = async (form: HTMLFormElement) => {
    const values = valuesOf(form, options.fields);
    const found = options.check?.(values) ?? toErrors([]);
    if (Object.values(found).some((text) => text !== undefined)) {
      refuse({ errors: found, problem: null });
      return;
    }
    setState({ errors: toErrors([]), problem: null, isBusy: true });
    try {
      await options.submit(values);
      setState({ errors: toErrors([]), problem: null, isBusy: false });
    } catch (error) {
      refuse(placed(problemOf(error), options));
    }
  };

  return {
    props: {
      ref,
      // The browser's own words would be in the browser's language, and not where ours are.
      noValidate: true,
      onSubmit: (event) => {
        event.preventDefault();
        if (!isBusy) void submit(event.currentTarget);
      },
      onInput: ({ target }) => {
        if (!(target instanceof HTMLInputElement)) return;
        const { name } = target;
        if (!isField(name, options.fields) || errors[name] === undefined) return;
        setState({ ...state, errors: { ...errors, [name]: undefined } });
      },
    },
    errors,
    failure: problem === null ? null : problemText(problem),
    problem,
    isBusy,
  };
}

/** Puts a problem beside the fields that it is about; what belongs to none stays a problem. */
export function placed<Field extends string>(
  problem: Problem,
  { fields, violations, refusals }: Pick<FormOptions<Field>, "fields" | "violations" | "refusals">,
): { errors: Errors<Field>; problem: Problem | null } {
  const refusal = refusals?.[problem.reason];
  if (refusal !== undefined) return { errors: toErrors([[refusal.field, refusal.text]]), problem: null };
  const concerned = Object.keys(problem.fields).filter((name) => isField(name, fields));
  const told = concerned.flatMap((field): [Field, string][] => {
    const text = violations?.[field];
    return text === undefined ? [] : [[field, text]];
  });
  return { errors: toErrors(told), problem: told.length > 0 ? null : problem };
}

function toErrors<Field extends string>(entries: readonly (readonly [Field, string])[]): Errors<Field> {
  return Object.fromEntries(entries) as Errors<Field>;
}

function isField<Field extends string>(name: string, fields: readonly Field[]): name is Field {
  return (fields as readonly string[]).includes(name);
}

function valuesOf<Field extends string>(form: HTMLFormElement, fields: readonly Field[]): Values<Field> {
  const data = new FormData(form);
  const entries = fields.map((field) => {
    const value = data.get(field);
    return [field, typeof value === "string" ? value : ""];
  });
  return Object.fromEntries(entries) as Values<Field>;
}
