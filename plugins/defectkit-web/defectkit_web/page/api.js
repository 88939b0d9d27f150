// Requests to the server: an answer, or an error that is one sentence.

async function answerOf(response) {
  if (response.ok) return response.json();
  const text = await response.text();
  let sentence = text;
  try { sentence = JSON.parse(text).error; } catch { /* a refusal of the guard is plain text */ }
  const error = new Error(sentence.trim() || `the server answered with ${response.status}`);
  error.status = response.status;
  throw error;
}

export const get = async (path) => answerOf(await fetch(`/api/${path}`));

export const post = async (path, body = {}) => answerOf(await fetch(`/api/${path}`, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
}));

export const upload = async (file) => answerOf(await fetch(`/api/uploads/${encodeURIComponent(file.name)}`, { method: "PUT", body: file }));
