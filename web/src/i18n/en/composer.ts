export const composer = {
  label: "Message to {{name}}",
  placeholder: "Write to {{name}}",
  send: "Send",
  left_one: "{{count}} character left",
  left_other: "{{count}} characters left",
  tooLong_one: "{{count}} character too long",
  tooLong_other: "{{count}} characters too long",
};
