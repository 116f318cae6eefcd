"""Names from many places, as parallel sets so that a name can be turned back into its numbers."""

import unicodedata

# Each group: 24 given names, 24 family names.
_GROUPS: tuple[tuple[str, str], ...] = (
    (
        "James Olivia Liam Emma Noah Ava Ethan Mia Lucas Grace Henry Chloe Jack Zoe Owen Ruby"
        " Leo Hazel Miles Nora Felix Iris Cole June",
        "Smith Johnson Brown Taylor Wilson Davies Evans Thomas Walker White Hughes Green Hall"
        " Wood Harris Clarke Turner Hill Scott Moore Ward Bennett Foster Reed",
    ),
    (
        "Sofía Mateo Valentina Diego Camila Javier Lucía Andrés Elena Carlos Paula Miguel Carmen"
        " Rafael Isabel Pablo Marta Jorge Inés Sergio Rosa Hugo Pilar Óscar",
        "García Fernández González Rodríguez Martínez Sánchez Pérez Gómez Díaz Muñoz Romero"
        " Álvarez Torres Ruiz Ramírez Flores Vargas Castro Ortega Rubio Molina Delgado Ortiz Núñez",
    ),
    (
        "Inês João Beatriz Tiago Leonor Rui Mariana Duarte Catarina Gonçalo Ana Pedro Joana Nuno"
        " Rita Vasco Teresa Paulo Clara Bruno Sara Fábio Helena André",
        "Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Sousa Fernandes Gonçalves"
        " Gomes Lopes Marques Alves Almeida Ribeiro Pinto Carvalho Teixeira Moreira Correia Mendes"
        " Nunes",
    ),
    (
        "Lukas Hannah Jonas Lena Maximilian Greta Paul Frieda Moritz Johanna Jürgen Käthe Stefan"
        " Ulrike Matthias Anke Florian Birgit Uwe Sabine Klaus Heike Björn Monika",
        "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch"
        " Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hartmann Lange",
    ),
    (
        "Camille Louis Manon Gabriel Léa Raphaël Juliette Arthur Margaux Théo Élise Antoine Céline"
        " Mathieu Amélie Julien Noémie Benoît Sylvie Étienne Agnès Luc Odile Rémi",
        "Martin Bernard Dubois Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre"
        " Michel Roux Fontaine Chevalier Gauthier Perrin Robin Clément Morin Girard Mercier Blanc",
    ),
    (
        "Astrid Lars Ingrid Nils Freja Søren Signe Erik Linnea Mikkel Maja Henrik Karin Anders"
        " Liv Gustav Ebba Jens Saga Øyvind Tuva Håkon Sigrid Aksel",
        "Hansen Johansson Nielsen Andersson Jensen Karlsson Pedersen Nilsson Larsen Eriksson"
        " Olsen Persson Berg Lindberg Dahl Holm Lund Sørensen Bergström Haugen Nyström Åberg Moe"
        " Strand",
    ),
    (
        "Yuki Haruto Sakura Ren Aoi Sota Hina Kaito Mei Riku Akari Takumi Emi Kenji Naoko Daiki"
        " Rina Hiroshi Yumi Satoshi Kana Makoto Asuka Jiro",
        "Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Yamada"
        " Sasaki Matsumoto Inoue Kimura Hayashi Shimizu Saito Mori Abe Ikeda Hashimoto Ogawa",
    ),
    (
        "Aarav Ananya Vihaan Diya Arjun Kavya Rohan Meera Aditya Nisha Karthik Pooja Rahul Sneha"
        " Vikram Divya Sanjay Lakshmi Nikhil Asha Manish Rekha Suresh Tara",
        "Sharma Patel Iyer Reddy Gupta Menon Rao Singh Desai Joshi Kapoor Mehta Pillai Verma Das"
        " Banerjee Chopra Kulkarni Bose Malhotra Naidu Saxena Trivedi Shetty",
    ),
    (
        "Omar Layla Yusuf Fatima Khalid Amina Hassan Noor Ibrahim Salma Tariq Zainab Karim Yasmin"
        " Bilal Rania Samir Huda Faisal Dina Nabil Leila Walid Mariam",
        "Haddad Mansour Khoury Aziz Rahman Saleh Nasser Farah Hamdan Qureshi Sabbagh Darwish"
        " Malik Ansari Bakri Jaber Kassem Najjar Sharif Taha Zaki Habib Fakhoury Issa",
    ),
    (
        "Zuzanna Jakub Maja Szymon Hanna Wojciech Kasia Piotr Agnieszka Tomasz Ola Michał Ewa"
        " Paweł Magda Krzysztof Anna Marek Joanna Łukasz Iwona Adam Beata Grzegorz",
        "Nowak Kowalska Wiśniewski Wójcik Kamińska Lewandowski Zielińska Szymański Woźniak"
        " Dąbrowska Kozłowski Jankowska Mazur Krawczyk Piotrowska Grabowski Pawlak Michalska Król"
        " Wieczorek Wróbel Jabłońska Stępień Malinowski",
    ),
    (
        "Chidi Adaeze Kwame Ama Tunde Ngozi Kofi Zola Emeka Folake Sipho Thandi Babajide Amara"
        " Jabari Wanjiru Kamau Nia Obinna Halima Musa Efua Tendai Chipo",
        "Adeyemi Mensah Okonkwo Dlamini Mwangi Balogun Owusu Nkosi Eze Kamau Abiola Boateng Moyo"
        " Otieno Chukwu Asante Ndlovu Diallo Bello Wekesa Sesay Traore Zulu Osei",
    ),
    (
        "Giulia Marco Chiara Luca Francesca Alessandro Elisa Matteo Federica Davide Silvia Simone"
        " Laura Andrea Valeria Stefano Ilaria Nicola Bianca Fabio Serena Paolo Irene Enrico",
        "Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti"
        " De-Luca Mancini Giordano Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi",
    ),
)

GIVEN_NAMES = tuple(tuple(given.split()) for given, _ in _GROUPS)
FAMILY_NAMES = tuple(tuple(family.split()) for _, family in _GROUPS)
NAME_GROUPS = len(_GROUPS)
NAMES_PER_GROUP = 24
FULL_NAME_COUNT = NAME_GROUPS * NAMES_PER_GROUP * NAMES_PER_GROUP

# Letters that do not fall apart into a base letter and an accent.
_PLAIN = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss", "æ": "ae"})


def fold_name(text: str) -> str:
    """Lower-case ASCII letters of a name, for addresses and for searching."""
    split = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    return "".join(mark for mark in split if not unicodedata.combining(mark)).casefold()


FOLDED_GIVEN_NAMES = tuple(tuple(fold_name(name) for name in group) for group in GIVEN_NAMES)
FOLDED_FAMILY_NAMES = tuple(tuple(fold_name(name) for name in group) for group in FAMILY_NAMES)


def find_name_positions(
    word: str, *, prefix: bool
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the (group, number) of every given and every family name a word fits."""

    def fits(name: str) -> bool:
        return name.startswith(word) if prefix else name == word

    given = [
        (g, n)
        for g in range(NAME_GROUPS)
        for n in range(NAMES_PER_GROUP)
        if fits(FOLDED_GIVEN_NAMES[g][n])
    ]
    family = [
        (g, n)
        for g in range(NAME_GROUPS)
        for n in range(NAMES_PER_GROUP)
        if fits(FOLDED_FAMILY_NAMES[g][n])
    ]
    return given, family
