//! A question in front of the page.

use leptos::prelude::*;

use crate::tr;

/// A native dialog. A button opens it by itself, Esc, its own button or a click beside it close
/// it: no script takes part. A browser whose buttons cannot do that gets a link to the page that
/// says the same.
pub struct Dialog {
    /// Its id.
    pub id: &'static str,
    /// What the button that opens it says.
    pub opens: String,
    /// Its heading.
    pub title: String,
    /// What it says.
    pub body: AnyView,
    /// What can be done, besides closing it: buttons in forms of their own.
    pub actions: AnyView,
    /// The page that says the same.
    pub page: String,
    /// Whether it is about to destroy something.
    pub destroys: bool,
}

impl Dialog {
    /// Draws the button and the dialog.
    pub fn view(self) -> AnyView {
        let tone = if self.destroys { " button--danger" } else { "" };
        let title_id = format!("{}-title", self.id);
        let named = title_id.clone();
        let opens = self.opens.clone();
        view! {
            <button class=format!("button{tone} dialog__open") type="button" command="show-modal"
                commandfor=self.id aria-haspopup="dialog">{self.opens}</button>
            <a class=format!("button{tone} dialog__page") href=self.page>{opens}</a>
            <dialog id=self.id aria-labelledby=named closedby="any">
                <h2 id=title_id>{self.title}</h2>
                <div class="dialog__body">{self.body}</div>
                <div class="row">
                    {self.actions}
                    <form method="dialog">
                        <button class="button" autofocus>{tr!(form.close)}</button>
                    </form>
                </div>
            </dialog>
        }
        .into_any()
    }
}
