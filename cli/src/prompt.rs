//! What a person is asked: passwords on the terminal without showing them, or from stdin for programs.

use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

use crate::failure::Failure;

/// Asks on the terminal, without showing what is typed.
pub(crate) fn ask(prompt: &str) -> Result<String, Failure> {
    rpassword::prompt_password(prompt).map_err(|_| {
        Failure::usage("there is no terminal to ask for the password on: use --password-stdin")
    })
}

/// Asks twice for a password that is to be set.
pub(crate) fn ask_new(prompt: &str) -> Result<String, Failure> {
    let password = ask(prompt)?;
    if ask("Once more: ")? != password {
        return Err(Failure::usage("the passwords differ: nothing was done"));
    }
    Ok(password)
}

/// The next line of stdin, without its end.
pub(crate) fn read_password() -> Result<String, Failure> {
    if stdin().is_terminal() {
        return Err(Failure::usage(
            "--password-stdin reads the password from a pipe, but stdin is a terminal",
        ));
    }
    read_line()
}

/// Asks on the terminal for something that may be seen. `option` is what gives it without a terminal.
pub(crate) fn ask_openly(prompt: &str, option: &str) -> Result<String, Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "there is no terminal to ask on: use {option}"
        )));
    }
    write!(stderr(), "{prompt}")?;
    read_line()
}

fn read_line() -> Result<String, Failure> {
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}
