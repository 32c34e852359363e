// The one script of a page: its print button, and its address into the clipboard, or into a field to be copied by hand where the browser
// does not allow it. What is said stands in the page (data-*), in its language. Without scripts the controls stay hidden.
(() => {
  const button = document.getElementById("copy-link");
  const field = document.getElementById("copy-address");
  const said = document.getElementById("copy-said");
  const copied = location.protocol === "file:" ? "file" : "done"; // the address of a file is no use to who has not got it
  const byHand = () => {
    field.value = location.href;
    field.hidden = false;
    field.focus();
    field.select();
    said.textContent = button.dataset[document.execCommand("copy") ? copied : "hand"];
  };
  const byItself = () => {
    field.hidden = true;
    said.textContent = button.dataset[copied];
  };
  button.addEventListener("click", () => {
    if (navigator.clipboard) navigator.clipboard.writeText(location.href).then(byItself, byHand);
    else byHand();
  });
  button.parentElement.hidden = false;
  const printer = document.getElementById("print-page");
  printer.addEventListener("click", () => print());
  printer.parentElement.hidden = false;
  document.getElementById("print-hint").hidden = true;
})();
